package cps_test

import (
	"crypto/x509"
	"encoding/asn1"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/auth/cps"
	"vaccin/internal/demo/igcsim"
)

// part is an attribute of a subject written by hand.
type part struct {
	oid  asn1.ObjectIdentifier
	tag  int
	text string
}

type (
	written struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	writtenSET []written
)

var (
	cn    = asn1.ObjectIdentifier{2, 5, 4, 3}
	sn    = asn1.ObjectIdentifier{2, 5, 4, 4}
	ou    = asn1.ObjectIdentifier{2, 5, 4, 11}
	title = asn1.ObjectIdentifier{2, 5, 4, 12}
	gn    = asn1.ObjectIdentifier{2, 5, 4, 42}
	alias = asn1.ObjectIdentifier{2, 5, 4, 65}
)

const (
	utf8String = asn1.TagUTF8String
	teletex    = 20
	bmp        = 30
)

// named writes a subject, each list of parts one multi-valued part of it.
func named(t testing.TB, lists ...[]part) []byte {
	t.Helper()
	var name []writtenSET
	for _, list := range lists {
		set := writtenSET{}
		for _, p := range list {
			set = append(set, written{p.oid, asn1.RawValue{Tag: p.tag, Bytes: []byte(p.text)}})
		}
		name = append(name, set)
	}
	der, err := asn1.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func plain(oid asn1.ObjectIdentifier, text string) part { return part{oid, utf8String, text} }

// person is a subject that opens, with other parts beside.
func person(t testing.TB, beside ...part) []byte {
	return named(t, append([]part{plain(cn, "899700810379"), plain(sn, "MARCHAND"), plain(gn, "Hélène")}, beside...))
}

func TestSubjectsThatAreRead(t *testing.T) {
	want := cps.Identity{NationalID: "899700810379", FamilyName: "MARCHAND", GivenName: "Hélène", Professions: []string{"Médecin"}}
	for name, raw := range map[string][]byte{
		"one part for all": person(t, plain(title, "Médecin")),
		"a part for each":  named(t, []part{plain(title, "Médecin")}, []part{plain(gn, "Hélène")}, []part{plain(sn, "MARCHAND")}, []part{plain(cn, "899700810379")}),
		"Latin-1": named(t, []part{
			{cn, asn1.TagPrintableString, "899700810379"},
			{sn, asn1.TagIA5String, "MARCHAND"},
			{gn, teletex, "H\xe9l\xe8ne"},
			{title, teletex, "M\xe9decin"},
		}),
		"UTF-16":      named(t, []part{plain(cn, "899700810379"), plain(sn, " MARCHAND "), {gn, bmp, "\x00H\x00\xe9\x00l\x00\xe8\x00n\x00e"}, plain(title, "Médecin")}),
		"a unit too":  person(t, plain(title, "Médecin"), plain(ou, "0002 187512751")),
		"other parts": person(t, plain(title, "Médecin"), part{asn1.ObjectIdentifier{2, 5, 4, 5}, asn1.TagInteger, "\x01"}),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := cps.ReadSubject(raw)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Error(err, diff)
			}
		})
	}
	if got, err := cps.ReadSubject(named(t, []part{plain(cn, "2A1234567")}, []part{plain(sn, "X")})); cps.ReasonOf(err) != cps.ReasonNoNationalID {
		t.Error("without the 0 of ADELI numbers", got, err)
	}
	if got, err := cps.ReadSubject(named(t, []part{plain(cn, "02A1234567"), plain(sn, "X")})); err != nil || got.NationalID != "02A1234567" || got.GivenName != "" {
		t.Error("a Corsican ADELI number", got, err)
	}
}

func badSubjects(t testing.TB) map[string]struct {
	raw    []byte
	reason cps.Reason
} {
	whole := person(t)
	return map[string]struct {
		raw    []byte
		reason cps.Reason
	}{
		"empty":                   {nil, cps.ReasonInvalidIdentity},
		"no parts":                {named(t), cps.ReasonNoNationalID},
		"cut":                     {whole[:len(whole)-1], cps.ReasonInvalidIdentity},
		"something after":         {append(append([]byte{}, whole...), 0), cps.ReasonInvalidIdentity},
		"a number":                {[]byte{2, 1, 1}, cps.ReasonInvalidIdentity},
		"two common names":        {person(t, plain(cn, "899700810742")), cps.ReasonInvalidIdentity},
		"two surnames":            {person(t, plain(sn, "AUTRE")), cps.ReasonInvalidIdentity},
		"two titles":              {person(t, plain(title, "Médecin"), plain(title, "Pharmacien")), cps.ReasonInvalidIdentity},
		"no surname":              {named(t, []part{plain(cn, "899700810379")}), cps.ReasonInvalidIdentity},
		"an empty surname":        {named(t, []part{plain(cn, "899700810379"), plain(sn, "  ")}), cps.ReasonInvalidIdentity},
		"a control in a name":     {named(t, []part{plain(cn, "899700810379"), plain(sn, "MAR\x00CHAND")}), cps.ReasonInvalidIdentity},
		"an override in a name":   {named(t, []part{plain(cn, "899700810379"), plain(sn, "MAR\u202eCHAND")}), cps.ReasonInvalidIdentity},
		"broken UTF-8":            {named(t, []part{plain(cn, "899700810379"), plain(sn, "MAR\xff")}), cps.ReasonInvalidIdentity},
		"half a UTF-16 character": {named(t, []part{plain(cn, "899700810379"), {sn, bmp, "\x00M\x00"}}), cps.ReasonInvalidIdentity},
		"a long name":             {named(t, []part{plain(cn, "899700810379"), plain(sn, strings.Repeat("é", 201))}), cps.ReasonInvalidIdentity},
		"a name that is a number": {named(t, []part{plain(cn, "899700810379"), {sn, asn1.TagInteger, "\x01"}}), cps.ReasonInvalidIdentity},
		"huge":                    {named(t, []part{plain(cn, "899700810379"), plain(ou, strings.Repeat("x", 5000))}), cps.ReasonInvalidIdentity},
		"many parts":              {person(t, units(40)...), cps.ReasonInvalidIdentity},
		"a short RPPS":            {named(t, []part{plain(cn, "89970081037"), plain(sn, "X")}), cps.ReasonNoNationalID},
		"a long RPPS":             {named(t, []part{plain(cn, "8997008103790"), plain(sn, "X")}), cps.ReasonNoNationalID},
		"another kind of number":  {named(t, []part{plain(cn, "599700810379"), plain(sn, "X")}), cps.ReasonNoNationalID},
		"digits of elsewhere":     {named(t, []part{plain(cn, "8٩9700810379"), plain(sn, "X")}), cps.ReasonNoNationalID},
		"a line after the number": {named(t, []part{plain(cn, "899700810379\n1"), plain(sn, "X")}), cps.ReasonInvalidIdentity},
		"a line's end":            {named(t, []part{plain(cn, "899700810379\n"), plain(sn, "X")}), cps.ReasonInvalidIdentity},
		"a tab before":            {named(t, []part{plain(cn, "\t899700810379"), plain(sn, "X")}), cps.ReasonInvalidIdentity},
		"a line's end in Latin-1": {named(t, []part{{cn, teletex, "899700810379\x85"}, plain(sn, "X")}), cps.ReasonInvalidIdentity},
		"a line's end in a name":  {named(t, []part{plain(cn, "899700810379"), plain(sn, "MARCHAND\r\n")}), cps.ReasonInvalidIdentity},
		"a paragraph's end":       {named(t, []part{plain(cn, "899700810379"), plain(sn, "MARCHAND\u2029")}), cps.ReasonInvalidIdentity},
		"staff":                   {igcsim.StaffSubject("3690000017", "42", "PETIT", "Léa"), cps.ReasonStaffCard},
		"staff by its title":      {person(t, plain(title, "Carte de Service nominative")), cps.ReasonStaffCard},
		"staff by its pseudonym":  {person(t, plain(alias, "x"), plain(title, "Médecin")), cps.ReasonStaffCard},
		"staff by its name":       {named(t, []part{plain(cn, "3690000017/42"), plain(sn, "X")}), cps.ReasonStaffCard},
	}
}

func units(n int) []part {
	parts := make([]part, n)
	for i := range parts {
		parts[i] = plain(ou, "x")
	}
	return parts
}

func TestSubjectsThatAreNot(t *testing.T) {
	for name, tt := range badSubjects(t) {
		t.Run(name, func(t *testing.T) {
			got, err := cps.ReadSubject(tt.raw)
			if cps.ReasonOf(err) != tt.reason {
				t.Errorf("%v, not %q (%+v)", err, tt.reason, got)
			}
			for _, text := range []string{"MARCHAND", "8997", "PETIT"} {
				if err != nil && strings.Contains(err.Error(), text) {
					t.Errorf("the error quotes the subject: %v", err)
				}
			}
		})
	}
}

func FuzzReadSubject(f *testing.F) {
	f.Add(doctor())
	f.Add(igcsim.OldSubject("00B1234567", "NOËL", "Zoé", "Masseur-Kinésithérapeute"))
	for _, bad := range badSubjects(f) {
		f.Add(bad.raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		i, err := cps.ReadSubject(raw)
		if err != nil {
			if cps.ReasonOf(err) == "" || i.NationalID != "" {
				t.Errorf("%v with %+v", err, i)
			}
			return
		}
		if l := len(i.NationalID); l != 12 && l != 10 || i.FamilyName == "" {
			t.Errorf("%+v", i)
		}
		for _, text := range append([]string{i.FamilyName, i.GivenName}, i.Professions...) {
			if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 200 || strings.ContainsAny(text, "\x00\n\r\u202e") {
				t.Errorf("the text %q", text)
			}
		}
	})
}

// FuzzVerify gives the gate whatever crypto/tls would: any certificate that can be parsed. Nothing that
// the authority did not sign may open.
func FuzzVerify(f *testing.F) {
	g := newIGC(f)
	gate := g.gate(f)
	open := g.card(f)
	f.Add(open.Raw)
	f.Add(g.card(f, func(c *igcsim.Card) { c.Tier = igcsim.Standard }).Raw)
	f.Add(g.card(f, func(c *igcsim.Card) { c.Subject = igcsim.StaffSubject("3690000017", "42", "PETIT", "Léa") }).Raw)
	f.Add(g.Root.Certificate.Raw)
	f.Add(open.Raw[:len(open.Raw)-1])
	f.Add([]byte("not a certificate"))
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		_, err = gate.Verify(t.Context(), []*x509.Certificate{c})
		if err == nil && string(c.RawTBSCertificate) != string(open.RawTBSCertificate) {
			t.Error("opened by what the authority did not sign")
		}
		if err != nil && cps.ReasonOf(err) == "" {
			t.Errorf("refused without a reason: %v", err)
		}
	})
}
