package store

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
)

// texts are fields that a content is read into without a meaning.
func texts(n int) (values []string, fields []any) {
	values = make([]string, n)
	for i := range values {
		fields = append(fields, &values[i])
	}
	return values, fields
}

// odd are texts that JSON does not write as they are, and some that it does.
var odd = []string{
	"", " ", "é", "L’Haÿ-les-Roses", "😀", `"`, `\`, `\"`, `\u0041`, "\x00", "\x1f", "\x7f", "\n\r\t", "\u2028\u2029", "\uFFFD", "<&>", "a\x00b", "[", "]", ",", `","`,
}

func TestContentIsReadAsItWasWritten(t *testing.T) {
	values, fields := texts(len(odd))
	copy(values, odd)
	content, err := writeContent(fields)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := json.Unmarshal([]byte(content), &all); err != nil || !slices.Equal(all[1:], odd) || all[0] != "1" {
		t.Errorf("%s is read by encoding/json as %q: %v", content, all, err)
	}
	read, into := texts(len(odd))
	if err := readContent(content, into); err != nil || !slices.Equal(read, odd) {
		t.Errorf("%s is read as %q: %v", content, read, err)
	}
	// As encoding/json has it, every byte that is no character becomes the one that says so.
	values, fields = texts(1)
	values[0] = "a\xff\xc3b\xed\xa0\x80"
	want := strings.Repeat("\uFFFD", 3)
	if content, err = writeContent(fields); err != nil || content != "[\"1\",\"a\uFFFD\uFFFDb"+want+"\"]" {
		t.Errorf("%q: %v", content, err)
	}
}

func TestContentThatIsNoneIsRefused(t *testing.T) {
	for _, content := range []string{
		"", "[", "[]", `["1"]`, `["1",]`, `["1","a"`, `["1","a]`, `["1","a",]`, `["1","a"],`, `["1","a"]]`, `["1","a"] `, ` ["1","a"]`, `["1", "a"]`, `["1" ,"a"]`,
		`["1","a","b"]`, `["0","a"]`, `["2","a"]`, `["","a"]`, `["11","a"]`, `[1,"a"]`, `["1",1]`, `["1",null]`, `["1",true]`, `["1",["a"]]`, `["1",{"a":"b"}]`,
		`{"1":"a"}`, `"1"`, "null", `["1",'a']`, `["1","\x"]`, `["1","\u12"]`, `["1","\"]`, "[\"1\",\"\n\"]", "[\"1\",\"\x00\"]", `["\u0031","a"]`,
	} {
		_, fields := texts(1)
		if err := readContent(content, fields); err == nil {
			t.Errorf("%s is read", content)
		}
	}
	var flag bool
	var date registry.Date
	var many count
	var none dayOrNone
	var confirmed []registry.Confirmation
	for _, c := range []struct {
		field any
		value string
	}{
		{&flag, ""},
		{&flag, "true"},
		{&flag, "2"},
		{&flag, "01"},
		{&many, ""},
		{&many, "-1"},
		{&many, "+1"},
		{&many, "01"},
		{&many, "99999999999999999999"},
		{&many, "damaged!"},
		{&date, ""},
		{&date, "2021-02-31"},
		{&date, "01/02/2021"},
		{&none, " "},
		{&none, "2021-02-31"},
		{&confirmed, "{}"},
		{&confirmed, `[{"Code":1}]`},
		{&confirmed, "damaged!"},
		{new(int), "1"},
		{nil, ""},
	} {
		err := readContent(string(appendJSON([]byte(`["1",`), c.value))+"]", []any{c.field})
		if err == nil {
			t.Errorf("%q is read as %T", c.value, c.field)
		} else if len(c.value) > 2 && strings.Contains(err.Error(), c.value) {
			t.Errorf("the error tells the value: %v", err)
		}
	}
	for _, field := range []any{&registry.Date{}, new(int), nil} {
		if content, err := writeContent([]any{field}); err == nil {
			t.Errorf("%T is written: %s", field, content)
		}
	}
}

// FuzzContent reads any content: an error, or what encoding/json reads too, and is written and read again.
func FuzzContent(f *testing.F) {
	for _, text := range odd {
		f.Add(string(appendJSON([]byte(`["1",`), text)) + `,"b"]`)
	}
	for _, content := range []string{"", `["1"]`, `["1","a","\ud83d\ude00"]`, `["1","\ud800","b"]`, "[\"1\",\"\xff\",\"\\n\"]", `["1","a","b","c"]`, `["1","\/","b"]`} {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content string) {
		read, fields := texts(2)
		err := readContent(content, fields)
		var all []string
		known := json.Unmarshal([]byte(content), &all)
		if err != nil {
			// What we would write of what others read is read.
			if known == nil && len(all) == 3 && all[0] == contentFormat {
				copy(read, all[1:])
				again, err := writeContent(fields)
				if got, into := texts(2); err != nil || readContent(again, into) != nil || !slices.Equal(got, all[1:]) {
					t.Errorf("%q is written as %q and read as %q", all, again, got)
				}
			}
			return
		}
		if known != nil || len(all) != 3 || !slices.Equal(all[1:], read) {
			t.Errorf("%q is read as %q, and by encoding/json as %q: %v", content, read, all, known)
		}
		again, err := writeContent(fields)
		if got, into := texts(2); err != nil || readContent(again, into) != nil || !slices.Equal(got, read) {
			t.Errorf("%q is written as %q and read as %q: %v", read, again, got, err)
		}
	})
}

// signedOf is a signature filled with the names of its parts.
func signedOf() registry.Signature {
	return registry.Signature{
		Role:         "role",
		Practitioner: registry.Practitioner{NationalID: "id", Profession: "profession", Civility: "civility", FamilyName: "family", GivenName: "given"},
		Place: registry.PracticePlace{
			ID: "place id", Name: "place name", Address: "place address", PostalCode: "place code", Locality: "place locality", PreviousID: "previous", AMNumber: "am",
		},
	}
}

// TestFormatOneIsWhatItWas: stores are full of these texts. What is read of them never changes; another order, or
// other texts, are another format.
func TestFormatOneIsWhatItWas(t *testing.T) {
	const signed = `"role","id","profession","civility","family","given","place id","place name","place address","place code","place locality","previous","am"]`
	confirmed := []registry.Confirmation{{Code: "c", Sentence: "« s »"}}
	eligibility := registry.Version[registry.Eligibility]{
		Content: registry.Eligibility{
			DeclarerPrescribes: true, Prescriber: registry.Prescriber{FamilyName: "pf", GivenName: "pg", Number: "pn", Structure: "ps"},
			PrescribedOn: registry.MustDate("2021-02-01"), HealthProfessional: false, Activity: "activity", PatientAgrees: true, ConditionsAccepted: false,
		},
		Signed: signedOf(), Request: "request", Confirmed: confirmed, Reason: "reason",
	}
	dose := registry.Version[registry.Dose]{
		Content: registry.Dose{
			VaccineName: "vaccine", Site: "site", Performer: registry.Performer{FamilyName: "df", GivenName: "dg", Number: "dn"},
			Location: registry.Location{
				Type: "type", PlaceLabel: "label", Name: "name", Address: "address",
				Locality: registry.Locality{PostalCode: "postal", Name: "town", CommuneCode: "commune"},
			},
			AMNumber: "dose am", BookFrom: registry.MustDate("2021-03-01"),
		},
		Signed: signedOf(), Request: "request", Reason: "reason",
	}
	annulment := registry.Annulment{Signed: signedOf(), Reason: "reason", Request: "request"}
	var readEligibility registry.Version[registry.Eligibility]
	var readDose registry.Version[registry.Dose]
	var readAnnulment registry.Annulment
	for _, c := range []struct {
		content         string
		written, read   []any
		original, again any
	}{
		{
			`["1","1","pf","pg","pn","ps","2021-02-01","0","activity","1","0","request","[{\"Code\":\"c\",\"Sentence\":\"« s »\"}]","reason",` + signed,
			eligibilityFields(&eligibility), eligibilityFields(&readEligibility), &eligibility, &readEligibility,
		},
		{
			`["1","vaccine","site","df","dg","dn","type","label","name","address","postal","town","commune","dose am","2021-03-01","request","","reason",` + signed,
			doseFields(&dose), doseFields(&readDose), &dose, &readDose,
		},
		{`["1","reason","request",` + signed, annulmentFields(&annulment), annulmentFields(&readAnnulment), &annulment, &readAnnulment},
	} {
		if err := readContent(c.content, c.read); err != nil {
			t.Errorf("%s: %v", c.content, err)
		}
		if diff := cmp.Diff(c.original, c.again, cmp.Comparer(func(a, b registry.Date) bool { return a == b })); diff != "" {
			t.Errorf("%s\n%s", c.content, diff)
		}
		if content, err := writeContent(c.written); err != nil || content != c.content {
			t.Errorf("written as\n%s\nand not\n%s\n%v", content, c.content, err)
		}
	}
}

// TestContentCostsFewAllocations: a dose is read as parts of its content.
func TestContentCostsFewAllocations(t *testing.T) {
	v := registry.Version[registry.Dose]{Signed: signedOf(), Content: registry.Dose{VaccineName: "Vaccin à ARN messager", Site: "L’épaule"}}
	fields := doseFields(&v)
	content, err := writeContent(fields)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, err = writeContent(fields) }); err != nil || n > 2 {
		t.Errorf("to write a dose takes %v allocations: %v", n, err)
	}
	if n := testing.AllocsPerRun(100, func() { err = readContent(content, fields) }); err != nil || n > 1 {
		t.Errorf("to read a dose takes %v allocations: %v", n, err)
	}
}
