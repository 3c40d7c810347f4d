/** Rules: values by the thing they belong to: its owner, its kind and its key. */
import type { Kind, Ref } from "@vsms/core/storage/Kind"

// Three small maps, and not one over a text made of the three: such texts are made for every look, and thrown away.
export class RefMap<A> {
  private readonly owners = new Map<string, Map<Kind.Any, Map<string, A>>>()

  get({ key, kind, owner }: Ref<any>): A | undefined {
    return this.owners.get(owner)?.get(kind)?.get(key)
  }

  has({ key, kind, owner }: Ref<any>): boolean {
    return this.owners.get(owner)?.get(kind)?.has(key) === true
  }

  set({ key, kind, owner }: Ref<any>, value: A): void {
    let kinds = this.owners.get(owner)
    if (kinds === undefined) this.owners.set(owner, (kinds = new Map<Kind.Any, Map<string, A>>()))
    let keys = kinds.get(kind)
    if (keys === undefined) kinds.set(kind, (keys = new Map<string, A>()))
    keys.set(key, value)
  }

  delete({ key, kind, owner }: Ref<any>): void {
    this.owners.get(owner)?.get(kind)?.delete(key)
  }

  /** Everything of one owner, out of the map. */
  deleteOwner(owner: string): void {
    this.owners.delete(owner)
  }
}
