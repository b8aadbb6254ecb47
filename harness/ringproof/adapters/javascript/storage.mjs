// Storage of one session in memory, in the place of the browser's, which all pages of an origin share.

// Return what looks like a localStorage, over a Map that may outlive the page.
export function storageOver(items) {
  const methods = {
    getItem: (key) => items.get(`${key}`) ?? null,
    setItem: (key, value) => void items.set(`${key}`, `${value}`),
    removeItem: (key) => void items.delete(`${key}`),
    clear: () => items.clear(),
    key: (index) => [...items.keys()][index] ?? null,
  };
  const own = (key) => typeof key === "string" && items.has(key) && !Object.hasOwn(methods, key);
  return new Proxy(methods, {
    get: (_, key) => (key === "length" ? items.size : own(key) ? items.get(key) : methods[key]),
    set: (_, key, value) => {
      items.set(`${key}`, `${value}`);
      return true;
    },
    has: (_, key) => key === "length" || own(key) || Object.hasOwn(methods, key),
    deleteProperty: (_, key) => {
      items.delete(key);
      return true;
    },
    ownKeys: () => [...items.keys()],
    getOwnPropertyDescriptor: (_, key) =>
      own(key)
        ? { value: items.get(key), writable: true, enumerable: true, configurable: true }
        : undefined,
  });
}

// Give a window both storages of a session: { local, session }, each a Map.
export function useStorage(window, { local, session }) {
  const kinds = { localStorage: storageOver(local), sessionStorage: storageOver(session) };
  for (const [name, value] of Object.entries(kinds)) {
    Object.defineProperty(window, name, { value, configurable: true });
  }
}
