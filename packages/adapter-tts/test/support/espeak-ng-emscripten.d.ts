declare module "@echogarden/espeak-ng-emscripten" {
  const load: (options: object) => Promise<unknown>
  export default load
}
