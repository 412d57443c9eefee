package webtest_test

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vaccin/internal/nir"
	"vaccin/internal/nir/nirtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/store/postgrestest"
	"vaccin/internal/web/webtest"
)

// loot is what a thief of the store has, by name: its files, and what a dump of its rows says.
type loot map[string][]byte

// stolen are the ways to steal each kind of store, beside the address of a new one.
var stolen = map[string]func(t *testing.T) (address string, steal func() loot){
	"SQLite": func(t *testing.T) (string, func() loot) {
		path := filepath.Join(t.TempDir(), "vaccin.db")
		return path, func() loot {
			all := loot{"rows": rowsOfSQLite(t, path)}
			for _, suffix := range []string{"", "-wal", "-shm"} {
				all.add(t, path+suffix)
			}
			return all
		}
	},
	"PostgreSQL": func(t *testing.T) (string, func() loot) {
		cluster, err := postgrestest.Start("fsync=off", "log_min_duration_statement=0", "log_parameter_max_length_on_error=-1")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := cluster.Stop(); err != nil {
				t.Error(err)
			}
		})
		return cluster.URL(postgrestest.Superuser, "postgres"), func() loot { return lootOfPostgres(t, cluster) }
	},
}

func (l loot) add(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	l[filepath.Base(path)] = data
}

// rowsOfSQLite are all columns of all rows of all tables, each as bytes, as text, and whole numbers in eight
// bytes too.
func rowsOfSQLite(t *testing.T, path string) []byte {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var tables []string
	names, err := db.QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	defer names.Close()
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := names.Err(); err != nil || len(tables) < 20 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	var all bytes.Buffer
	for _, table := range tables {
		fmt.Fprintf(&all, "\n%s\n", table)
		rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for _, value := range values {
				if data, ok := value.([]byte); ok {
					all.Write(data)
				} else if n, ok := value.(int64); ok {
					all.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
				}
				fmt.Fprintf(&all, "|%v|", value)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all.Bytes()
}

// lootOfPostgres is a dump, every file of the data directory, the journal with it, and the server's log of
// every statement.
func lootOfPostgres(t *testing.T, cluster *postgrestest.Cluster) loot {
	t.Helper()
	if _, err := cluster.SQL("postgres", "CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	dump, err := cluster.Output("pg_dump", "-h", cluster.Socket(), "-U", postgrestest.Superuser, "-d", "postgres", "--inserts")
	if err != nil {
		t.Fatal(err)
	}
	all := loot{"pg_dump": []byte(dump)}
	all.add(t, filepath.Join(cluster.Dir, "server.log"))
	err = filepath.WalkDir(cluster.Data(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			name, _ := filepath.Rel(cluster.Data(), path)
			all["data/"+name] = data
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// finds tells where and in which forms the loot holds numbers, by their rank.
func (l loot) finds(numbers ...nir.Number) map[int][]string {
	search, found := nirtest.NewSearch(numbers...), map[int][]string{}
	for name, data := range l {
		for rank, forms := range search.In(data) {
			for _, form := range forms {
				found[rank] = append(found[rank], name+": "+form)
			}
		}
	}
	return found
}

// corsican are numbers of a holder and of their child, born there.
func corsican(t *testing.T) (holder, own nir.Number) {
	t.Helper()
	holder, err := nir.Parse("1 80 03 2A 004 012 89")
	if err != nil {
		t.Fatal(err)
	}
	if own, err = nir.FromDigits("210052B033007"); err != nil {
		t.Fatal(err)
	}
	return holder, own
}

// liveWithNIRs goes through everything in which someone gives a NIR, and returns those given.
func liveWithNIRs(t *testing.T, h *house) []nir.Number {
	t.Helper()
	corsicanHolder, corsicanOwn := corsican(t)
	family := h.patient(t, func(p *registry.ImportedPerson) {
		p.Patient.Holder, p.Patient.Own = registrytest.NIR(31_415_926), registrytest.NIR(27_182_818)
	})
	child := h.patient(t, func(p *registry.ImportedPerson) { p.Patient.Holder, p.Patient.Own = corsicanHolder, corsicanOwn })
	byHand, sought, wrong := registrytest.NIR(16_180_339), registrytest.NIR(14_142_135), registrytest.NIR(17_320_508)

	h.account(t)
	stranger := webtest.NewBrowser(t, h.base)
	enterPortal(stranger, sought.Digits()+sought.Key(), "un mot de passe").Want(http.StatusUnprocessableEntity)
	enterPortal(stranger, portalLogin, sought.Digits()+sought.Key()).Want(http.StatusUnprocessableEntity)

	b := h.signIn(t, marchand)
	for _, p := range []registry.ImportedPerson{family, child} {
		byNIR(b, "nir", p.Patient.Own.Format()).Want(http.StatusOK)
		byNIR(b, "nir", p.Patient.Holder.Format()).Want(http.StatusOK)
		declare(b, p)
		inject(b, p)
		documents(t, b, address(p, dose1))
	}
	byNIR(b, "nir", wrong.Format()[:len(wrong.Format())-2]+"98").Want(http.StatusUnprocessableEntity)
	byNIR(b, "nir", wrong.Digits()).Want(http.StatusUnprocessableEntity)
	byNIR(b, "code", wrong.Format())
	byNIR(b, "nir", byHand.Format()).Want(http.StatusOK, "via ce lien")
	person(b.Get("/patients/nouveau").Form("birth_name")).Send(b).Want(http.StatusOK)

	// What is written by hand: refused, and kept nowhere.
	told := "voir le " + sought.Format()
	annulling := b.Get(address(family, dose1+"/annuler")).Form("reason").Fill("reason", told)
	annulling.Send(b).Want(http.StatusUnprocessableEntity, "numéro de sécurité sociale")
	place := injected(b.Get(address(family, dose1+"/modifier")).Form("lot")).Fill("place_absent", "on", "place_name", told, "place_locality", "75011 Paris")
	place.Send(b).Want(http.StatusUnprocessableEntity)
	report := b.Get(b.Get("/mes-actes").Link("Ce n’est pas moi")).Form("note").Fill("note", told)
	report.Send(b).Want(http.StatusUnprocessableEntity, "numéro de sécurité sociale")
	report.Fill("note", "Ma carte a été volée").Send(b).Want(http.StatusOK)

	officer := h.as(t, registry.RoleDataProtection)
	officer.Get("/demandes-acces").Form("person").Fill("person", family.Patient.Holder.Format(), "requested", "on").Send(officer)
	officer.Get("/demandes-acces").Form("person").Fill("person", sought.Format(), "requested", "on").Send(officer)
	officer.Get("/journal").Form(registry.FieldProfessional).Fill(registry.FieldProfessional, sought.Digits()).Send(officer)

	// Forms sent after their session expired, one after the other, and sessions in which a search stands.
	byNIR(b, "nir", sought.Format()).Want(http.StatusOK, "via ce lien")
	h.expire(b)
	b.Post("/recherche", url.Values{"nir": {sought.Format()}}).Want(http.StatusUnauthorized)
	annulling.Send(b).Want(http.StatusUnauthorized, "conservée")
	again := webtest.NewBrowser(t, h.base)
	h.enter(again, marchand, "/connexion/psc").Want(http.StatusOK)
	byNIR(again, "nir", sought.Format()).Want(http.StatusOK, "via ce lien")
	again.Get("/recherche?nir=" + sought.Digits())
	return append(h.importedWithNIRs(t), family.Patient.Holder, family.Patient.Own, corsicanHolder, corsicanOwn, byHand, sought, wrong)
}

// importedWithNIRs goes through what an import of the population does: the first of someone, a newer file, a move to
// another holder, a duplicate, a doubtful match, and the decision of one. It returns the numbers.
func (h *house) importedWithNIRs(t *testing.T) []nir.Number {
	t.Helper()
	hand, twin := h.inDoubt(t, 99)
	moved, holder := registrytest.Patient(5_000_001), registrytest.NIR(23_571_113)
	moved.Own = registrytest.NIR(17_192_329)
	double := moved
	double.Holder = registrytest.NIR(31_374_143)
	h.populate(t, "first", moved, double, twin)
	moved.Holder, moved.UsedName = holder, "Nouveau"
	h.populate(t, "newer", moved, double, twin)
	agent := h.as(t, registry.RoleSupport)
	form := agent.Get(agent.Get("/rapprochements").Link("Examiner")).Form(registry.FieldMatch)
	form.Fill(registry.FieldMatch, string(registry.MatchSame)).Send(agent).Want(http.StatusOK, "un seul dossier")
	return []nir.Number{hand.Patient.Holder, moved.Own, holder, double.Holder, registrytest.Patient(5_000_001).Holder}
}

// TestAStolenStoreHoldsNoNIR steals the store after a life with known NIRs, and looks for each in every form.
// Then it plants one in clear, in every form, and sees that each is found.
func TestAStolenStoreHoldsNoNIR(t *testing.T) {
	for engine, of := range stolen {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			where, steal := of(t)
			h := openOn(t, where)
			given := liveWithNIRs(t, h)
			all := steal()
			all["the service's log"] = []byte(h.logs.String())
			for rank, places := range all.finds(given...) {
				t.Errorf("the NIR of rank %d stands in %v", rank, places)
			}
			names := []string{"Scarron", "Aubigné", "Tournelles", "f.scarron@exemple.fr"}
			for file, data := range all {
				for _, name := range names {
					if bytes.Contains(data, []byte(name)) {
						t.Errorf("%s holds %s", file, name)
					}
				}
			}
			plant(t, h, given[len(given)-5], steal)
		})
	}
}

// plant keeps a number in clear, and sees that the loot tells it.
func plant(t *testing.T, h *house, number nir.Number, steal func() loot) {
	t.Helper()
	for i, form := range nirtest.Forms(number) {
		data := slices.Concat([]byte("before "), form.Bytes, []byte(" after"))
		if err := h.store.CreateSession(t.Context(), fmt.Sprintf("planted %d", i), data, time.Now(), "", "", ""); err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]bool{}
	for _, place := range steal().finds(number)[0] {
		_, form, _ := strings.Cut(place, ": ")
		found[form] = true
	}
	for _, form := range nirtest.Forms(number) {
		if !found[form.Name] {
			t.Errorf("planted in clear, %s is not found", form.Name)
		}
	}
}
