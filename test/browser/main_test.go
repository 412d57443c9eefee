package browser_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// shots is the folder that pictures of the main pages are written to; the tests take none without it.
var shots = flag.String("shots", os.Getenv("VACCIN_SHOTS"), "folder to write pictures of the main pages to")

// illustrated asks for the pictures of the guides anew (docs/guides/images).
var illustrated = flag.Bool("guides", false, "take the pictures of docs/guides anew")

// The one browser, and the one service on a small synthetic country, that all tests share. Each test has
// windows of its own, without cookies, and patients of its own.
var (
	chromium context.Context
	site     *running
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx, stop, err := startChromium()
	if err != nil {
		fmt.Fprintln(os.Stderr, "the browser tests need Chromium (Debian's packages chromium and chromium-headless-shell):", err)
		return 1
	}
	defer stop()
	chromium = ctx
	started, err := startService("", fewPersons)
	if err != nil {
		fmt.Fprintln(os.Stderr, "the service of the browser tests did not start:", err)
		return 1
	}
	defer started.stop()
	site = started
	return m.Run()
}

// The two programs: one draws no window, and takes a third less of the processors; it asks nobody which certificate
// to show, and so knows none of cards.
const (
	headlessShell = "/usr/lib/chromium/chromium-headless-shell"
	wholeChromium = "/usr/bin/chromium"
)

// startChromium starts a browser that knows nothing and asks nothing of the network by itself.
func startChromium(more ...chromedp.ExecAllocatorOption) (context.Context, func(), error) {
	profile, err := os.MkdirTemp("", "vaccin-browser-")
	if err != nil {
		return nil, nil, err
	}
	ctx, stop, err := startChromiumOn(headlessShell, profile, more...)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(profile))
	}
	return ctx, func() {
		stop()
		_ = os.RemoveAll(profile) // a temporary folder that nothing else uses
	}, nil
}

// startChromiumOn starts a program of a browser with a profile.
func startChromiumOn(program, profile string, more ...chromedp.ExecAllocatorOption) (context.Context, func(), error) {
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "fr-FR"), chromedp.WindowSize(1280, 900),
	)
	options = append(options, more...)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopBrowser := chromedp.NewContext(allocator)
	stop := func() {
		stopBrowser()
		stopAllocator()
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		stop()
		return nil, nil, err
	}
	return ctx, stop, nil
}
