/** Nothing is kept out of the bundle: it holds one copy of Effect, which Next looks into anyway. */
export default {
  // Its sources are TypeScript.
  transpilePackages: ["@vsms/example-embed-tour"],
  // Types are checked by the workspace's own compiler.
  typescript: { ignoreBuildErrors: true }
}
