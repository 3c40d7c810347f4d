/**
 * Rules: ids of deliveries have slashes, which no segment of a path may have: outside they are dots.
 */
export const outside = (deliveryId: string): string => deliveryId.replaceAll("/", ".")

export const inside = (text: string): string => text.replaceAll(".", "/")
