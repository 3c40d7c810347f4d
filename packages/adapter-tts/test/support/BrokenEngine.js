/** Looks like a package that is there but does not start. */
export default () => Promise.reject(new RangeError("out of memory"))
