// The types of an import of a WebAssembly file, as the tools of the edge runtimes resolve it.
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*.wasm?module' {
  const module: WebAssembly.Module;
  export default module;
}
