package ops_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/keyring"
	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/service"
	"vaccin/internal/store"
	"vaccin/internal/store/postgrestest"
)

// house is where the tests keep what they share: readable by the account that PostgreSQL runs under.
var house string

func TestMain(m *testing.M) {
	code, err := func() (int, error) {
		var err error
		if house, err = os.MkdirTemp("", "vaccin-ops-"); err != nil {
			return 1, err
		}
		defer os.RemoveAll(house)
		if err := os.Chmod(house, 0o755); err != nil {
			return 1, err
		}
		build := exec.Command("go", "build", "-o", program(), "vaccin/cmd/vaccin")
		if out, err := build.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("building the program: %w: %s", err, out)
		}
		return m.Run(), nil
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// program is the program as it is built.
func program() string { return filepath.Join(house, "vaccin") }

// repository is a file of the repository.
func repository(path string) string { return filepath.Join("..", "..", path) }

// vaccin runs a command of the program and returns what it prints.
func vaccin(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	command := exec.CommandContext(t.Context(), program(), arguments...)
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	return out.String(), err
}

// nation is a database as an administrator makes it, the files of keys, and patients who wait for their first dose.
type nation struct {
	cluster             *postgrestest.Cluster
	dir                 string
	owner, service      string // addresses of the database, as who owns it and as the service
	session, nir, audit string // files of keys
	verifier            string
	patients            []registry.RecordID
	cookies             []*http.Cookie
}

// newNation makes a nation in a new cluster that ends with the test.
func newNation(t *testing.T, patients int, settings ...string) *nation {
	t.Helper()
	cluster, err := postgrestest.Start(append([]string{"fsync=off", "shared_buffers=64MB"}, settings...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	n := &nation{
		cluster: cluster, dir: dir, owner: cluster.URL("vaccin_owner", "vaccin"), service: cluster.URL("vaccin", "vaccin"),
		session: filepath.Join(dir, "session.key"), nir: filepath.Join(dir, "nir.key"), audit: filepath.Join(dir, "audit.key"),
	}
	n.makeRoles(t)
	for _, arguments := range [][]string{
		{"migrate", "--store", n.owner}, {"keys", "new", "--nir-key-file", n.nir}, {"audit", "key", n.audit},
	} {
		out, err := vaccin(t, arguments...)
		if err != nil {
			t.Fatalf("vaccin %v: %v: %s", arguments, err, out)
		}
		n.verifier = strings.TrimSpace(out) // of the last
	}
	n.fill(t, patients)
	return n
}

// makeRoles runs the statements that the administrator is given.
func (n *nation) makeRoles(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(repository("deploy/postgresql/roles.sql"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(n.cluster.Dir, "roles.sql")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := n.cluster.Run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", n.cluster.Socket(), "-U", postgrestest.Superuser, "-f", path); err != nil {
		t.Fatal(err)
	}
}

// operator is who imports in tests.
var operator = registry.Actor{Role: registry.RoleSystem, Door: registry.DoorCommand, Practitioner: registry.Practitioner{NationalID: "OPS"}}

// fill imports places, lots and patients, and has doctors who are signed in declare these eligible.
func (n *nation) fill(t *testing.T, patients int) {
	t.Helper()
	ctx := t.Context()
	kept, err := store.Open(ctx, n.owner, store.Options{Keys: keyring.File(n.nir)})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	g := registry.New(kept)
	if _, err := referential.Seed(ctx, g, kept, operator); err != nil {
		t.Fatal(err)
	}
	change := registry.ReferenceChange{Places: registrytest.Places(), Lots: registrytest.Lots()}
	if err := kept.ImportReference(ctx, change, g.ImportEvent(operator, len(change.Places)+len(change.Lots), "ops")); err != nil {
		t.Fatal(err)
	}
	var persons []registry.ImportedPerson
	for i := range patients {
		id := registry.RecordID(fmt.Sprintf("%032x", i+1))
		persons = append(persons, registry.ImportedPerson{ID: id, Patient: registrytest.Patient(i), Code: registry.TargetCode(i + 1)})
		n.patients = append(n.patients, id)
	}
	if err := g.ImportPersons(ctx, operator, persons, "ops"); err != nil {
		t.Fatal(err)
	}
	doctors := []registry.Actor{registrytest.Doctor("Martin A"), registrytest.Doctor("Martin B"), registrytest.Doctor("Martin C")}
	errs := make([]error, 32)
	var all sync.WaitGroup
	for w := range errs {
		all.Go(func() {
			for i := w; i < patients && errs[w] == nil; i += len(errs) {
				act := registry.Act{By: doctors[i%len(doctors)], Record: n.patients[i], Request: fmt.Sprintf("eligibility-%d", i)}
				request := registrytest.EligibilityRequest()
				request.PrescribedOn = today()
				_, errs[w] = g.DeclareEligibility(ctx, act, request)
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	n.signIn(t, kept, doctors)
}

// today is the day, as forms have it: the program of production has no other clock than the machine's.
func today() string { return time.Now().In(registry.ZoneOf("")).Format("02/01/2006") }

// signIn makes sessions as the pages do once an identity is known.
func (n *nation) signIn(t *testing.T, kept *store.Store, doctors []registry.Actor) {
	t.Helper()
	key, err := service.ReadKey(n.session)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := auth.NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	sessions := auth.NewManager(kept, sealer, auth.Options{})
	for _, by := range doctors {
		login := auth.Login{
			Door: by.Door, Role: by.Role, NationalID: by.Practitioner.NationalID, GivenName: by.Practitioner.GivenName,
			FamilyName: by.Practitioner.FamilyName, At: time.Now(),
			Practices: []auth.Practice{{Place: by.Place, Practitioner: by.Practitioner}},
		}
		answer := httptest.NewRecorder()
		sessions.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if err := sessions.Begin(r.Context(), login); err != nil {
				t.Error(err)
			}
		})).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
		n.cookies = append(n.cookies, answer.Result().Cookies()...)
	}
	if len(n.cookies) != len(doctors) {
		t.Fatalf("%d sessions for %d doctors", len(n.cookies), len(doctors))
	}
}

// server is a process that serves.
type server struct {
	address, metrics string
	command          *exec.Cmd
	lines            *bytes.Buffer
}

// drain is how long servers of tests say that they leave before they do.
const drain = time.Second

// serve starts a process, as whoever browsers reach at an address, and returns once it is ready.
func (n *nation) serve(t *testing.T, public string) *server {
	t.Helper()
	s := &server{address: freeAddress(t), metrics: freeAddress(t), lines: &bytes.Buffer{}}
	secret := filepath.Join(n.dir, "psc.secret")
	if err := os.WriteFile(secret, []byte("hidden"), 0o600); err != nil {
		t.Fatal(err)
	}
	if public == "" {
		public = "http://" + strings.Replace(s.address, "127.0.0.1", "localhost", 1)
	}
	s.command = exec.Command(program(), "serve", "--store", n.service, "--key-file", n.session, "--nir-key-file", n.nir,
		"--listen", s.address, "--metrics-listen", s.metrics, "--public-url", public, "--drain", drain.String(),
		"--psc-issuer", "https://psc.exemple.fr", "--psc-client-id", "vaccin", "--psc-client-secret-file", secret,
		"--audit-key-file", n.audit, "--audit-heads", filepath.Join(n.dir, "heads"), "--audit-pace", "1s")
	s.command.Stdout, s.command.Stderr = s.lines, s.lines
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.command.ProcessState == nil {
			_ = s.command.Process.Kill()
			_ = s.command.Wait()
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if ready(t.Context(), s.address) {
			return s
		}
		if time.Now().After(deadline) {
			_ = s.command.Process.Kill()
			t.Fatalf("the service is not ready: %v: %s", s.command.Wait(), s.lines)
		}
	}
}

// stop tells the process to stop, as systemd does, and awaits that it ends well.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.command.Wait(); err != nil {
		t.Errorf("the service ended with %v: %s", err, s.lines)
	}
}

// ready tells whether a server says that requests may be sent to it.
func ready(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
