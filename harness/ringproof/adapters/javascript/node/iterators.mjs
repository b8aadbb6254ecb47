// Methods of iterators that browsers have and Node has from version 22 on. Without them the SDK takes
// its look-up of an address for failed before it has asked.

const PROTOTYPE = Object.getPrototypeOf(Object.getPrototypeOf([].values()));

const HELPERS = {
  *map(change) {
    let index = 0;
    for (const value of this) yield change(value, index++);
  },
  *filter(fits) {
    let index = 0;
    for (const value of this) if (fits(value, index++)) yield value;
  },
  *flatMap(change) {
    let index = 0;
    for (const value of this) yield* change(value, index++);
  },
  *take(limit) {
    let left = limit;
    if (left <= 0) return;
    for (const value of this) {
      yield value;
      if (--left <= 0) return;
    }
  },
  *drop(count) {
    let left = count;
    for (const value of this) if (left-- <= 0) yield value;
  },
  find(fits) {
    let index = 0;
    for (const value of this) if (fits(value, index++)) return value;
    return undefined;
  },
  some(fits) {
    let index = 0;
    for (const value of this) if (fits(value, index++)) return true;
    return false;
  },
  every(fits) {
    let index = 0;
    for (const value of this) if (!fits(value, index++)) return false;
    return true;
  },
  forEach(act) {
    let index = 0;
    for (const value of this) act(value, index++);
  },
  reduce(...args) {
    return [...this].reduce(...args);
  },
  toArray() {
    return [...this];
  },
};

export function completeIterators() {
  for (const [name, value] of Object.entries(HELPERS)) {
    if (name in PROTOTYPE) continue;
    Object.defineProperty(PROTOTYPE, name, { value, writable: true, configurable: true });
  }
}
