package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// leaves calls f for each value under v that holds no other, with its path; slices get elements and pointers
// something to point at, so that nothing is passed over.
func leaves(v reflect.Value, path string, f func(path string, v reflect.Value)) {
	switch v.Interface().(type) {
	case nir.Number, registry.TargetCode, registry.BirthDate, registry.Date, time.Time:
		f(path, v)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			leaves(v.Field(i), path+"."+v.Type().Field(i).Name, f)
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		leaves(v.Index(0), path, f)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		leaves(v.Elem(), path, f)
	default:
		f(path, v)
	}
}

// set gives a leaf its n-th value; no two are alike, but for booleans.
func set(t *testing.T, v reflect.Value, n int) {
	t.Helper()
	switch v.Interface().(type) {
	case registry.Sex: // a value of none of these has no word
		v.SetString(map[bool]string{true: "F", false: "M"}[v.String() == "M"])
		return
	case registry.Residence, registry.Occupation, registry.Workplace, registry.Conditions, registry.Comorbidities:
		other := reflect.ValueOf(1 + n%2).Convert(v.Type())
		if v.Equal(other) {
			other = reflect.ValueOf(2 - n%2).Convert(v.Type())
		}
		v.Set(other)
		return
	case registry.ReportKind:
		v.SetString(map[bool]string{true: "not-mine", false: "guessing"}[v.String() == "guessing"])
		return
	case nir.Number:
		v.Set(reflect.ValueOf(registrytest.NIR(n)))
		return
	case registry.TargetCode:
		v.Set(reflect.ValueOf(registry.TargetCode(n)))
		return
	case registry.BirthDate:
		v.Set(reflect.ValueOf(registry.BirthDateOf(registry.MustDate("1930-01-01").AddDays(n))))
		return
	case registry.Date:
		v.Set(reflect.ValueOf(registry.MustDate("2021-01-01").AddDays(n)))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2021, 2, 3, 4, 5, 6, 0, time.UTC).Add(time.Duration(n) * time.Second)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("texte n° %d", n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Bool:
		v.SetBool(!v.Bool())
	default:
		t.Fatalf("a field of a kind that no test fills: %s", v.Type())
	}
}

// everything is a person of whom every field holds something.
func everything(t *testing.T) *registry.Holdings {
	t.Helper()
	var h registry.Holdings
	n := 0
	leaves(reflect.ValueOf(&h).Elem(), "", func(_ string, v reflect.Value) {
		n++
		set(t, v, n)
	})
	return &h
}

// profession names the doctor's alone.
func profession(code string) string {
	return map[string]string{registry.ProfessionDoctor: "Médecin"}[code]
}

var madeAt = time.Date(2021, 3, 1, 9, 30, 0, 0, time.UTC)

// notOnPaper are the fields that tell nothing of a person, and only the file holds.
var notOnPaper = []string{
	".Record.Died",                  // which what is insured tells
	".Record.ID", ".Record.Version", // the service's name of the record, and how often it changed
	".Record.Eligibilities.Versions.Request", ".Record.FirstDoses.Versions.Request", ".Record.SecondDoses.Versions.Request", // of a form sent twice
	".Record.Eligibilities.Annulment.Request", ".Record.FirstDoses.Annulment.Request", ".Record.SecondDoses.Annulment.Request",
	// What the sentence beside it says, for programs.
	".Record.Eligibilities.Versions.Confirmed.Code", ".Record.FirstDoses.Versions.Confirmed.Code", ".Record.SecondDoses.Versions.Confirmed.Code",
	".Record.Objections.Made.Request", ".Record.Objections.Withdrawn.Request",
	".Record.Objections.Declared",                                            // by which the state beside it is told
	".Reports.ID", ".Reports.Act.Record", ".Log.Number", ".Log.Event.Record", // names of rows, and of the same record again
}

// TestNothingThatIsHeldOnAPersonIsForgotten changes every field of what is held, one at a time: the file and the
// paper must change too. A field that is added to the domain and not to the paper fails here.
func TestNothingThatIsHeldOnAPersonIsForgotten(t *testing.T) {
	h := everything(t)
	paper := func() Booklet { return OfHoldings(*h, registrytest.Reference(), profession, madeAt) }
	file := func() string {
		var out bytes.Buffer
		if err := WriteHoldings(&out, *h, madeAt); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	onPaper, inFile, n, exempted := paper(), file(), 1000, 0
	leaves(reflect.ValueOf(h).Elem(), "", func(path string, v reflect.Value) {
		kept := reflect.New(v.Type()).Elem()
		kept.Set(v)
		n++
		set(t, v, n)
		if file() == inFile {
			t.Errorf("the file forgets %s", path)
		}
		exempt := slices.Contains(notOnPaper, path)
		if exempt {
			exempted++
		}
		if told := !reflect.DeepEqual(paper(), onPaper); told == exempt {
			t.Errorf("%s is on paper: %v", path, told)
		}
		v.Set(kept)
	})
	if exempted != len(notOnPaper) {
		t.Errorf("%d fields of %d that are not on paper exist", exempted, len(notOnPaper))
	}
}

// pathsOf lists the keys of a JSON value, those of a list's elements as the list's own.
func pathsOf(value any, path string, found map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			pathsOf(inner, strings.TrimPrefix(path+"."+key, "."), found)
		}
	case []any:
		for _, inner := range value {
			pathsOf(inner, path+"[]", found)
		}
	default:
		found[path] = true
	}
}

func TestTheFileOfAPersonIsAsItsDescriptionSays(t *testing.T) {
	var out bytes.Buffer
	if err := WriteHoldings(&out, *everything(t), madeAt); err != nil {
		t.Fatal(err)
	}
	var value map[string]any
	if err := json.Unmarshal(out.Bytes(), &value); err != nil {
		t.Fatal(err)
	}
	if value["format"] != HoldingsFormat || value["version"] != float64(HoldingsVersion) || value["madeAt"] != "2021-03-01T09:30:00Z" {
		t.Errorf("%v, %v, %v", value["format"], value["version"], value["madeAt"])
	}
	page, err := os.ReadFile("../../docs/formats/donnees-personne.md")
	if err != nil {
		t.Fatal(err)
	}
	found, described := map[string]bool{}, map[string]bool{}
	pathsOf(value, "", found)
	for line := range strings.Lines(string(page)) {
		if key, _, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` |"); ok && strings.HasPrefix(line, "| `") {
			for step := range strings.SplitSeq(key, " = ") {
				described[step] = true
			}
		}
	}
	for _, expand := range []struct{ name, in string }{
		{"SIGNATURE", "record.eligibilities[].versions[].signed record.eligibilities[].annulment.signed record.firstDoses[].versions[].signed " +
			"record.firstDoses[].annulment.signed record.secondDoses[].versions[].signed record.secondDoses[].annulment.signed " +
			"record.objections[].made.signed record.objections[].withdrawn.signed"},
		{"ENTRY", "record.eligibilities[] record.firstDoses[] record.secondDoses[]"},
		{"DOSE", "record.firstDoses[].versions[].content record.secondDoses[].versions[].content"},
	} {
		for key := range described {
			if rest, ok := strings.CutPrefix(key, expand.name); ok {
				delete(described, key)
				for where := range strings.FieldsSeq(expand.in) {
					described[where+rest] = true
				}
			}
		}
	}
	if diff := cmp.Diff(described, found); diff != "" {
		t.Errorf("the file (+) is not what docs/formats/donnees-personne.md describes (-):\n%s", diff)
	}
}

func TestTheFileOfAnEmptyRecordSaysThatNothingIsThere(t *testing.T) {
	var out bytes.Buffer
	if err := WriteHoldings(&out, registry.Holdings{Record: registry.Record{ID: "r", Version: 1}}, madeAt); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"code": null`, `"own": null`, `"firstDoses": []`, `"log": []`, `"people": []`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing in\n%s", want, out.String())
		}
	}
	texts := []string{}
	for _, c := range OfHoldings(registry.Holdings{}, registry.Reference{}, profession, madeAt).Chapters {
		texts = append(texts, c.Texts...)
	}
	if len(texts) != 8 {
		t.Errorf("what is not there is said by %q", texts)
	}
	if err := WriteHoldings(brokenWriter{}, registry.Holdings{}, madeAt); err == nil {
		t.Error("a failed write is not told")
	}
}

// A person whom nobody targeted has no code: the zero of one, written out, would be a code of nobody's.
func TestAPersonWithoutATargetCodeIsToldSo(t *testing.T) {
	h := everything(t)
	code := func() string {
		for _, row := range OfHoldings(*h, registrytest.Reference(), profession, madeAt).Chapters[0].Sections[0].Rows {
			if row.Key == "code" {
				return row.Value
			}
		}
		t.Fatal("the document tells of no code")
		return ""
	}
	if got := code(); got != h.Record.Code.Format() {
		t.Errorf("the code reads %q", got)
	}
	h.Record.Code = 0
	if got := code(); got != "aucun" {
		t.Errorf("without a code the document reads %q", got)
	}
}

func TestAValueWithoutWordsIsNotPassedOver(t *testing.T) {
	for _, value := range []any{1.5, map[string]string{}, struct{ hidden int }{1}, []any{struct{ F float64 }{1}}} {
		if got, err := jsonOf(reflect.ValueOf(value)); err == nil {
			t.Errorf("%v is written as %v", value, got)
		}
	}
}

// TestHoldingsAreInTheWordsOfPages: no code, no time and no name as programs write them.
func TestHoldingsAreInTheWordsOfPages(t *testing.T) {
	h := everything(t)
	h.Record.Patient.BirthName, h.Record.Patient.UsedName = "Lefèvre", "Durand"
	version := &h.Record.FirstDoses[0].Versions[0]
	version.Confirmed[0] = registry.Confirmation{Code: "unknown-lot:COMIRNATY:ZZ999", Sentence: "Le lot n’est pas connu."}
	version.Signed.Practitioner.Profession = registry.ProfessionDoctor
	version.Signed.At = time.Date(2021, 2, 3, 4, 29, 42, 0, time.UTC)
	text := fmt.Sprintf("%v", OfHoldings(*h, registrytest.Reference(), profession, madeAt).Chapters)
	for _, want := range []string{"LEFÈVRE", "DURAND", "Le lot n’est pas connu.", ", médecin", "05\u00A0h\u00A029\u00A0min\u00A042\u00A0s"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, not := range []string{"Lefèvre", "unknown-lot", "profession\u00A010", "05:29:42"} {
		if strings.Contains(text, not) {
			t.Errorf("it says %q", not)
		}
	}
}

// TestThePaperSaysWhatStaffAreAndNamesWhoDealtWithThePerson: who prepared, approved, wrote to many or closed a report is told as the log tells it, in the
// words of the pages.
func TestThePaperSaysWhatStaffAreAndNamesWhoDealtWithThePerson(t *testing.T) {
	h := everything(t)
	camille := registry.Practitioner{NationalID: "agent:camille", FamilyName: "Martin", GivenName: "Camille"}
	h.Record.Objections[0].Made.Signed.Practitioner = camille
	h.Runs[0].PreparedBy, h.Runs[0].ApprovedBy = "agent:lea", "agent:camille"
	h.Letters[0].AskedBy, h.Letters[0].Deliveries[0].By = "imprimerie", "agent:lea"
	h.Reports[0].ClosedBy = "agent:lea"
	said := map[string][]string{}
	for _, c := range OfHoldings(*h, registrytest.Reference(), profession, madeAt).Chapters {
		for _, s := range c.Sections {
			for _, row := range s.Rows {
				value, _, _ := strings.Cut(row.Value, ", le ")
				said[row.Label] = append(said[row.Label], value)
			}
		}
	}
	for label, want := range map[string]string{
		"Préparé par": "Agent habilité, agent:lea", "Approuvé par": "Camille MARTIN, Agent habilité, agent:camille",
		"Demandée par": "Exploitant, imprimerie", "Remise à l’impression": "Agent habilité, agent:lea", "Traité par": "Agent habilité, agent:lea",
	} {
		if got := said[label]; !slices.Equal(got, []string{want}) {
			t.Errorf("%q is %q, want %q", label, got, want)
		}
	}
	for label, want := range map[string]int{
		"Enregistrée par": 1, "Enregistrée le": 1, "Enregistré par": 1, "Enregistré le": 1, "Annulée par": 3, "Annulée le": 3, "Validé par": 3, "Validé le": 3,
	} {
		if got := len(said[label]); got != want {
			t.Errorf("%q is there %d times, want %d", label, got, want)
		}
	}
	h.Reports[0].ClosedBy = ""
	if text := fmt.Sprintf("%v", OfHoldings(*h, registrytest.Reference(), profession, madeAt).Chapters); strings.Contains(text, "Traité par") {
		t.Error("it says by whom a report was closed that nobody closed")
	}
}
