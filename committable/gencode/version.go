package gencode

// V3RerunGoGenerate is the version of this package. Generated code refers to it, so that code of an older generator stops
// compiling with an error that says what to do. The number changes with every incompatible change of this package, or of
// what generated code calls in packages committable and codec.
const V3RerunGoGenerate = true
