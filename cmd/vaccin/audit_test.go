package main

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
	"vaccin/internal/store"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"
)

// auditScript are the commands that scripts have beside the program: what a running service and what somebody
// with the database in hand would do.
var auditScript = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"signlog": signLog,
	"tamper":  tamper,
	"envfile": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
	},
	"envdate": func(ts *testscript.TestScript, _ bool, args []string) {
		years, err := strconv.Atoi(args[1])
		ts.Check(err)
		ts.Setenv(args[0], time.Now().AddDate(years, 0, 0).Format("2006-01-02"))
	},
}

// signLog STORE KEY HEADS N YEARS writes N entries of so many years ago, has them numbered, and signs a head
// after each 100 of them and one at the end.
func signLog(ts *testscript.TestScript, _ bool, args []string) {
	key, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	signer, err := accesslog.NewSigner(string(key))
	ts.Check(err)
	trust, err := accesslog.NewVerifiers(signer.Verifier())
	ts.Check(err)
	n, err := strconv.Atoi(args[3])
	ts.Check(err)
	years, err := strconv.Atoi(args[4])
	ts.Check(err)
	st, err := store.Open(context.Background(), ts.MkAbs(args[0]), store.Options{})
	ts.Check(err)
	defer st.Close()
	for i := range n {
		ts.Check(st.Log(context.Background(), registry.Event{
			At: time.Now().AddDate(-years, 0, 0), Role: registry.RolePractitioner, NationalID: "810000000017", PlaceID: "R100001",
			PlaceName: "Cabinet du Dr Exemple", Door: registry.DoorPSC, Action: registry.ActionRead, Outcome: registry.OutcomeFound,
		}))
		if (i+1)%100 != 0 && i+1 != n {
			continue
		}
		_, err := st.NumberEntries(context.Background(), "script", time.Now())
		ts.Check(err)
		_, err = st.SignHead(context.Background(), 0, time.Now(), signer.Sign, trust.Open)
		ts.Check(err)
	}
	heads, err := st.Heads(context.Background(), 0, 1000)
	ts.Check(err)
	var text []byte
	for _, h := range heads {
		text = accesslog.AppendHead(text, h)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), text, 0o600))
}

// tamper STORE SQL changes the log past its triggers.
func tamper(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	statements := []string{args[1]}
	for _, trigger := range []string{"access_log_not_updated", "access_log_not_deleted", "log_run_not_deleted", "log_head_not_deleted"} {
		statements = slices.Insert(statements, 0, "DROP TRIGGER IF EXISTS "+trigger)
	}
	for _, s := range statements {
		_, err := db.ExecContext(context.Background(), s)
		ts.Check(err)
	}
}

// TestEveryFindingIsToldInFrench: each kind has a sentence of its own, and none shows as its fields.
func TestEveryFindingIsToldInFrench(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range accesslog.Kinds {
		text := findingText(accesslog.Finding{Kind: kind, Position: 3, Until: 5, Num: 4, Head: 2, UntilHead: 4, Number: 1})
		if strings.Contains(text, "{") || !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") || seen[text] {
			t.Errorf("%s: %s", kind, text)
		}
		seen[text] = true
	}
	if len(seen) < 20 {
		t.Errorf("%d kinds", len(seen))
	}
}

// TestVerifyingDrawsItsProgress on a terminal, and prints its report apart.
func TestVerifyingDrawsItsProgress(t *testing.T) {
	path := newStore(t)
	st, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 300 {
		if err := st.Log(t.Context(), registry.Event{At: time.Now(), Action: registry.ActionRead}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.NumberEntries(t.Context(), "test", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	_, verifier, err := accesslog.NewKey("test")
	if err != nil {
		t.Fatal(err)
	}
	var out, drawn bytes.Buffer
	v := auditVerifyCmd{Verifier: []string{verifier}, Lag: time.Minute, Early: time.Minute}
	v.Store = path
	err = v.Run(t.Context(), console{out: &out, progress: &drawn})
	if err == nil || !strings.Contains(sentence(err), "Aucune tête signée") {
		t.Errorf("a log without heads is told to be sound: %v", err)
	}
	if !strings.Contains(drawn.String(), "Vérification") || strings.Contains(out.String(), "Vérification") {
		t.Errorf("drawn %q, told %q", drawn.String(), out.String())
	}
}

func TestTheSigningKeyIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.key")
	var out bytes.Buffer
	if err := (auditKeyCmd{Name: "n", File: path}).Run(console{out: &out}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if strings.Contains(out.String(), "PRIVATE") {
		t.Error("the key that signs is shown")
	}
}
