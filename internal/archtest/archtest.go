// Package archtest holds tests only: they fail when the code departs from the
// architecture of docs/design.md.
//
// They read the sources of the whole repository, for every platform, and check who
// imports whom, that every package says what it is for, that files and functions
// can be read at once, and a few words that finished code does not hold. The rules
// are data, each with its reason: rules_test.go for imports. A rule that turns out
// wrong is changed there, with its reason, never worked around. Nothing imports this
// package.
package archtest
