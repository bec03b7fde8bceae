package committable

// GeneratedV2RerunGoGenerate is what generated stores refer to so that they stop compiling, with an error that says what
// to do, against a runtime that needs other code than they have. A runtime that does has the next number here instead.
const GeneratedV2RerunGoGenerate = true
