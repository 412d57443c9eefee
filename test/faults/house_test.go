package faults_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/keyring"
	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/store"
	"vaccin/internal/store/postgrestest"
)

const (
	database = "vaccin"
	owner    = "vaccin" // of the database; not a superuser, for whom the last connections are kept
	staff    = 400      // doctors with a session: no one of them searches so often that they are slowed down
)

var operator = registry.Actor{
	Role: registry.RoleSystem, Door: registry.DoorCommand, Practitioner: registry.Practitioner{NationalID: "FAULTS"},
}

// persons are how many the referential knows: enough for as many as are treated between two kills.
func persons() int { return 4_000 + 200**kills }

// house is a database with its keys, and the sessions of who will work on it.
type house struct {
	folder   string
	cluster  *postgrestest.Cluster // the one that takes writes
	verifier string                // of the heads of the access log
	sessions []*http.Cookie
	key      []byte
	locality string // one that is known

	next, manual atomic.Int64 // persons who were treated: nobody is twice
}

func (h *house) file(name string) string { return filepath.Join(h.folder, name) }

// model is a house that was furnished once, whose server does not run: the others are copies of it.
var model = sync.OnceValues(func() (*house, error) {
	folder, err := os.MkdirTemp("", "vaccin-faults-")
	if err != nil {
		return nil, err
	}
	cluster, err := postgrestest.Start()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	h := &house{folder: folder, cluster: cluster}
	err = h.furnish(context.Background())
	return h, errors.Join(err, h.rest())
})

// rest stops the server of a house in good order.
func (h *house) rest() error {
	err := h.cluster.Signal(syscall.SIGINT)
	h.cluster.Await()
	return err
}

// open makes a house on a new cluster. Its commits are durable, as those of the real one.
func open(t *testing.T, settings ...string) *house {
	t.Helper()
	like, err := model()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{folder: t.TempDir(), verifier: like.verifier, sessions: like.sessions, key: like.key, locality: like.locality}
	h.cluster, err = postgrestest.New(append([]string{"shared_buffers=64MB", "max_connections=60"}, settings...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	err = errors.Join(exec.Command("cp", "-a", like.folder+"/.", h.folder).Run(), h.cluster.Run("cp", "-a", like.cluster.Data(), h.cluster.Data()))
	if err == nil {
		err = h.cluster.Boot()
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) furnish(ctx context.Context) error {
	for _, s := range []string{"CREATE ROLE " + owner + " LOGIN CREATEROLE", "CREATE DATABASE " + database + " OWNER " + owner} {
		if _, err := h.cluster.SQL("postgres", s); err != nil {
			return err
		}
	}
	verifier, err := exec.Command(program, "audit", "key", h.file("audit.key")).Output()
	if err != nil {
		return fmt.Errorf("making the key of the log: %w", err)
	}
	h.verifier = strings.TrimSpace(string(verifier))
	if h.key, err = auth.NewKey(); err != nil {
		return err
	}
	if err := os.WriteFile(h.file("session.key"), h.key, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(h.file("secret"), []byte("none is asked"), 0o600); err != nil {
		return err
	}
	kept, err := store.Open(ctx, h.cluster.URL(owner, database), store.Options{Migrate: true, Keys: keyring.File(h.file("session.key.nir"))})
	if err != nil {
		return err
	}
	err = h.fill(ctx, kept)
	return errors.Join(err, kept.Close())
}

// fill brings in who will be vaccinated, with what and where, and signs the doctors in.
func (h *house) fill(ctx context.Context, kept *store.Store) error {
	g := registry.New(kept)
	if _, err := referential.Seed(ctx, g, kept, operator); err != nil {
		return err
	}
	change := registry.ReferenceChange{Places: registrytest.Places(), Lots: registrytest.Lots()}
	if err := kept.ImportReference(ctx, change, g.ImportEvent(operator, 1, "faults")); err != nil {
		return err
	}
	localities, err := kept.Localities(ctx, "69003", 1)
	if err != nil || len(localities) == 0 {
		return fmt.Errorf("there is no such locality: %w", err)
	}
	h.locality = localities[0].Label()
	const atOnce = 2_000
	for start := 0; start < persons(); start += atOnce {
		part := make([]registry.ImportedPerson, atOnce)
		for i := range part {
			part[i] = registry.ImportedPerson{ID: recordOf(start + i), Patient: registrytest.Patient(start + i), Code: codeOf(start + i)}
		}
		if err := g.ImportPersons(ctx, operator, part, "faults"); err != nil {
			return err
		}
	}
	sealer, err := auth.NewSealer(h.key)
	if err != nil {
		return err
	}
	sessions := auth.NewManager(kept, sealer, auth.Options{})
	for i := range staff {
		cookie, err := signIn(sessions, registrytest.Doctor(fmt.Sprintf("Martin %c%c", 'A'+rune(i/26), 'A'+rune(i%26))))
		if err != nil {
			return err
		}
		h.sessions = append(h.sessions, cookie)
	}
	return nil
}

func recordOf(i int) registry.RecordID { return registry.RecordID(fmt.Sprintf("%032x", i+1)) }

func codeOf(i int) registry.TargetCode {
	return registry.TargetCode(uint64(i+1)*0x9E3779B97F4A7C15%(registry.CodeSpace/2) + 1)
}

// signIn signs a doctor in as the pages do once their identity is known: no provider is there.
func signIn(sessions *auth.Manager, by registry.Actor) (*http.Cookie, error) {
	login := auth.Login{
		Door: by.Door, Role: by.Role, NationalID: by.Practitioner.NationalID, GivenName: by.Practitioner.GivenName,
		FamilyName: by.Practitioner.FamilyName, At: time.Now(), IDToken: strings.Repeat("t", 1_000),
		Practices: []auth.Practice{{Place: by.Place, Practitioner: by.Practitioner}},
	}
	var failure error
	answer := httptest.NewRecorder()
	sessions.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		failure = sessions.Begin(r.Context(), login)
	})).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	set := answer.Result().Cookies()
	if failure != nil || len(set) != 1 {
		return nil, fmt.Errorf("signing in: %d cookies: %w", len(set), failure)
	}
	return set[0], nil
}

// sql asks the database that takes writes now.
func (h *house) sql(t *testing.T, text string) string {
	t.Helper()
	out, err := h.cluster.SQL(database, text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// verifyLog has the operator's command verify the access log against the heads that were sent off, once all
// entries have their number. A transaction that a network lost a moment ago holds the numbering until the server sees that.
func (h *house) verifyLog(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(keepalives + 20*time.Second); ; time.Sleep(500 * time.Millisecond) {
		out, err := exec.Command(program, "audit", "verify", "--store", h.cluster.URL(owner, database),
			"--heads", h.file("heads"), "--verifier", h.verifier).CombinedOutput()
		text := string(out)
		if err != nil || !strings.Contains(text, "Aucune anomalie.") {
			t.Fatalf("the access log is not whole: %v\n%s", err, text)
		}
		waiting := strings.Contains(text, "attend son numéro") || strings.Contains(text, "attendent leur numéro")
		if !waiting {
			t.Logf("%s", strings.ReplaceAll(strings.TrimSpace(text), "\n", " "))
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("numbering does not go on: %s", text)
		}
	}
}
