package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a test waits for something that should come at once.
const patience = 15 * time.Second

// tab is a window of the browser with cookies of its own. Its methods end the test when they cannot do
// what they say.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string // of the console: errors, exceptions, what the content security policy refused
	load       load
	allowed    int64 // bytes that the first load of a page may weigh
}

// load is what the page shown took to load, caches being off.
type load struct {
	document network.RequestID
	status   int64
	counted  map[network.RequestID]string // resources of the page, by kind
	bytes    map[network.RequestID]int64  // decoded
}

func (l load) total() int64 {
	var sum int64
	for id := range l.counted {
		sum += l.bytes[id]
	}
	return sum
}

func newTab(t *testing.T) *tab {
	t.Helper()
	return newTabOf(t, chromium)
}

// newTabOf is a window of another browser than the one that tests share.
func newTabOf(t *testing.T, browser context.Context) *tab {
	t.Helper()
	return tabOf(t, browser, chromedp.WithNewBrowserContext())
}

// tabOf is a window of a browser, in its own profile unless the options say otherwise.
func tabOf(t *testing.T, browser context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	w := &tab{t: t, allowed: maxPageBytes}
	ctx, cancel := chromedp.NewContext(browser, append(options, chromedp.WithListener(w.hear))...)
	t.Cleanup(cancel)
	w.ctx = ctx
	call(w, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	w.resize(1280, 900)
	return w
}

func (w *tab) hear(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			text := "console." + string(e.Type)
			for _, a := range e.Args {
				text += " " + string(a.Value) + a.Description
			}
			w.complaints = append(w.complaints, text)
		}
	case *runtime.EventExceptionThrown:
		w.complaints = append(w.complaints, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		// That the page itself answered 422 or 404 is not a complaint; anything else that failed to load is, but
		// on the simulator's pages, which are not ours, and of the card-reading program, whose refusals the page
		// expects.
		if e.Entry.Source == log.EntrySourceNetwork && strings.HasPrefix(e.Entry.URL, readerURL+"/") {
			return
		}
		if e.Entry.Level == log.EntryLevelError && !strings.HasPrefix(e.Entry.URL, site.provider) && (e.Entry.Source != log.EntrySourceNetwork || e.Entry.NetworkRequestID != w.load.document) {
			w.complaints = append(w.complaints, fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			w.load = load{document: e.RequestID, counted: map[network.RequestID]string{}, bytes: map[network.RequestID]int64{}}
		}
		if e.Type != network.ResourceTypeFetch && e.Type != network.ResourceTypeXHR && w.load.counted != nil {
			w.load.counted[e.RequestID] = string(e.Type)
		}
	case *network.EventResponseReceived:
		if e.RequestID == w.load.document {
			w.load.status = e.Response.Status
		}
	case *network.EventDataReceived:
		if w.load.bytes != nil {
			w.load.bytes[e.RequestID] += e.DataLength
		}
	}
}

// complained returns, once, what the console said.
func (w *tab) complained() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	said := w.complaints
	w.complaints = nil
	return said
}

func (w *tab) loaded() load {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.load
}

func (w *tab) fatal(err error, doing string) {
	w.t.Helper()
	if err == nil {
		return
	}
	where, _ := tryEval[string](w, `location.pathname + " « " + document.title + " »\n" + (document.querySelector("main")?.innerText ?? "").slice(0, 1500)`)
	w.t.Fatalf("%s: %v\non %s", doing, err, where)
}

func (w *tab) do(doing string, steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	w.fatal(w.try(steps...), doing)
}

func (w *tab) try(steps ...chromedp.Action[chromedp.Void]) error {
	ctx := w.ctx
	if chromedp.FromContext(ctx).Target != nil { // a limit on the first run would be the browser window's
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		ctx = limited
	}
	return chromedp.Do(ctx, steps...)
}

// call sends a command of the protocol.
func call[P, R any](w *tab, command cdp.Command[P, R], params P) R {
	w.t.Helper()
	var result R
	w.do("sending a command to the browser", func(ctx context.Context, target *chromedp.Target) (_ chromedp.Void, err error) {
		result, err = cdp.Call(ctx, target, command, params)
		return
	})
	return result
}

// tryEval returns the value of an expression in the page; promises are awaited.
func tryEval[T any](w *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

func eval[T any](w *tab, expression string) T {
	w.t.Helper()
	value, err := tryEval[T](w, expression)
	w.fatal(err, "evaluating "+expression[:min(len(expression), 120)])
	return value
}

// decode reads the JSON text that an expression gives.
func decode(w *tab, expression string, into any) {
	w.t.Helper()
	if err := json.Unmarshal([]byte(eval[string](w, expression)), into); err != nil {
		w.t.Fatal(err)
	}
}

// wait returns once an expression is true; while the page changes it may fail.
func (w *tab) wait(expression string) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		ok, err := tryEval[bool](w, expression)
		if ok && err == nil {
			return
		}
		if time.Now().After(deadline) {
			if err == nil {
				err = fmt.Errorf("still not so")
			}
			w.fatal(err, "waiting until "+expression)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// pageReady is true of a page that has loaded, its script included; leaving marks the one before.
const (
	pageReady = `!window.left && document.readyState === "complete" && location.href !== "about:blank"`
	leaving   = `window.left = true`
)

// leave does what leads to another page and waits for it.
func (w *tab) leave(by func()) {
	w.t.Helper()
	eval[bool](w, leaving)
	by()
	w.wait(pageReady)
}

func (w *tab) open(address string) {
	w.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = site.base + address
	}
	w.do("opening "+address, chromedp.Navigate(address))
	w.wait(pageReady)
}

func (w *tab) back() {
	w.t.Helper()
	w.do("going back", chromedp.NavigateBack())
	w.wait(`document.readyState === "complete"`)
}

func (w *tab) resize(width, height int64) {
	w.t.Helper()
	call(w, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
}

func (w *tab) withoutScript() {
	w.t.Helper()
	call(w, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// press types keys where the focus is, as a keyboard does: the browser makes the character of a key
// itself, unless the page keeps the key to itself.
func (w *tab) press(keys string, modifiers ...chromedp.Modifier) {
	w.t.Helper()
	for _, r := range keys {
		key, ok := kb.Keys[r]
		if !ok && unicode.IsPrint(r) { // of another keyboard than the American one
			key, ok = &kb.Key{Key: string(r), Text: string(r), Unmodified: string(r)}, true
		}
		if !ok {
			w.t.Fatalf("there is no key %q", r)
		}
		stroke := input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeKeyDown, Key: key.Key, Code: key.Code, Text: key.Text, UnmodifiedText: key.Unmodified,
			WindowsVirtualKeyCode: key.Windows, NativeVirtualKeyCode: key.Native,
		}
		for _, m := range modifiers {
			stroke.Modifiers |= int64(m)
		}
		call(w, input.DispatchKeyEvent, stroke)
		stroke.Type, stroke.Text, stroke.UnmodifiedText = input.DispatchKeyEventTypeKeyUp, "", ""
		call(w, input.DispatchKeyEvent, stroke)
	}
}

// byText selects a button, a link or a label that is seen, by its text, in which spaces are plain. Forms without script have a first
// button that is not seen, for the Enter key.
func byText(tag, text string) string {
	return fmt.Sprintf(`//%s[not(contains(@class, "visually-hidden"))][contains(normalize-space(translate(., "%s", "  ")), %q)]`, tag, "\u00a0\u202f", text)
}

// click clicks with the mouse on the first element that an XPath or CSS selector finds.
func (w *tab) click(selector string) {
	w.t.Helper()
	if strings.HasPrefix(selector, "//") {
		w.do("clicking on "+selector, chromedp.Click(selector, chromedp.NodeVisible))
		return
	}
	w.do("clicking on "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// follow clicks on the link of that text, send on the button; both wait for the page that comes.
func (w *tab) follow(text string) {
	w.t.Helper()
	w.leave(func() { w.click(byText("a", text)) })
}

func (w *tab) send(text string) {
	w.t.Helper()
	w.leave(func() { w.click(byText("button", text)) })
}

// fill types a text into a field, in place of what it held.
func (w *tab) fill(id, text string) {
	w.t.Helper()
	if !eval[bool](w, fmt.Sprintf(`(() => { const f = document.getElementById(%q); f?.focus(); f?.select(); return document.activeElement === f && f !== null })()`, id)) {
		w.t.Fatalf("the field %s cannot be typed into on « %s »", id, w.title())
	}
	if text == "" {
		w.press(kb.Backspace)
		return
	}
	call(w, input.InsertText, input.InsertTextParams{Text: text})
}

// pick ticks a radio button or a box by its name and value.
func (w *tab) pick(name, value string) {
	w.t.Helper()
	w.click(fmt.Sprintf(`input[name=%q][value=%q]`, name, value))
}

// choose takes a line of a list by its text.
func (w *tab) choose(id, text string) {
	w.t.Helper()
	ok := eval[bool](w, fmt.Sprintf(`(() => {
		const list = document.getElementById(%q)
		const line = [...list.options].find(o => o.text.includes(%q))
		if (!line) return false
		list.value = line.value
		list.dispatchEvent(new Event("change", { bubbles: true }))
		return true
	})()`, id, text))
	if !ok {
		w.t.Fatalf("the list %s has no line « %s »", id, text)
	}
}

func (w *tab) title() string {
	w.t.Helper()
	return eval[string](w, `document.title`)
}

func (w *tab) heading() string {
	w.t.Helper()
	return eval[string](w, `document.querySelector("h1")?.innerText.trim() ?? ""`)
}

func (w *tab) path() string {
	w.t.Helper()
	return eval[string](w, `location.pathname`)
}

// text is what is read in the page, with ordinary spaces.
func (w *tab) text(selector string) string {
	w.t.Helper()
	return eval[string](w, fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => e.innerText).join("\n").replace(/[\u00a0\u202f]/g, " ")`, selector))
}

func (w *tab) value(id string) string {
	w.t.Helper()
	return eval[string](w, fmt.Sprintf(`document.getElementById(%q).value`, id))
}

// says fails unless the page's content reads so.
func (w *tab) says(texts ...string) {
	w.t.Helper()
	read := w.text("body")
	for _, text := range texts {
		if !strings.Contains(read, text) {
			w.t.Errorf("« %s » does not say « %s »:\n%s", w.title(), text, read)
		}
	}
}

func (w *tab) headed(want string) {
	w.t.Helper()
	if got := w.heading(); !strings.Contains(strings.ReplaceAll(got, "\u00a0", " "), want) {
		w.t.Fatalf("the page is « %s », want « %s »:\n%s", got, want, w.text("main"))
	}
}

// signIn goes through the simulated Pro Santé Connect as one of its accounts.
func (w *tab) signIn(account string) {
	w.t.Helper()
	w.open("/")
	w.follow("S’identifier avec Pro Santé Connect")
	w.authenticate(account)
}

func (w *tab) authenticate(account string) {
	w.t.Helper()
	w.leave(func() { w.click(fmt.Sprintf(`button[value=%q]`, account)) })
}
