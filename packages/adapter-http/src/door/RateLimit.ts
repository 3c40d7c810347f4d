/**
 * Service: how many requests one credential may make: a bucket that holds `burst` of them and fills up by `perSecond`.
 * Each process counts for itself.
 */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

interface Bucket {
  left: number
  at: number
}

/** Beyond so many credentials, those that are full again are forgotten. */
const bucketsMax = 10_000

export class RateLimit {
  private readonly buckets = new Map<string, Bucket>()
  private readonly rate: Rate

  constructor(rate: Rate) {
    this.rate = rate
  }

  /** Takes one request at `now`; 0 if it may be made, else in how many milliseconds it may. */
  take(key: string, now: number): number {
    const { burst, perSecond } = this.rate
    let bucket = this.buckets.get(key)
    if (bucket === undefined) {
      if (this.buckets.size >= bucketsMax) this.forgetFull(now)
      this.buckets.set(key, (bucket = { left: burst, at: now }))
    }
    // A clock that was set back gives nothing and takes nothing.
    const passed = Math.max(0, now - bucket.at)
    bucket.left = Math.min(burst, bucket.left + (passed * perSecond) / 1_000)
    bucket.at = now
    if (bucket.left >= 1) {
      bucket.left -= 1
      return 0
    }
    return Math.ceil(((1 - bucket.left) * 1_000) / perSecond)
  }

  private forgetFull(now: number): void {
    const { burst, perSecond } = this.rate
    for (const [key, { at, left }] of this.buckets)
      if (left + ((now - at) * perSecond) / 1_000 >= burst) this.buckets.delete(key)
  }
}
