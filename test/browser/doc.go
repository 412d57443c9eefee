// Package browser holds tests only: the whole service, with the simulated Pro Santé Connect beside it, in
// a real Chromium. They try what no test of handlers sees: scripts, focus and keyboard, what accessibility
// rules find on every page in every state, reflow, and the weight of pages. A machine without Chromium
// fails them. Nothing imports this package.
package browser
