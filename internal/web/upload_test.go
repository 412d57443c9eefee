package web

import (
	"mime/multipart"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/referential"
)

// FuzzFormWithAFile reads forms with files as browsers send them, and otherwise. What is kept of one is bounded, and a file that is taken fills in a
// form that says the same.
func FuzzFormWithAFile(f *testing.F) {
	const head = "--b\r\nContent-Disposition: form-data; name=\"fichier\"; filename=\"c.toml\"\r\nContent-Type: application/toml\r\n\r\n"
	const good = "identifiant = \"a\"\nnom = \"A\"\nphase = \"P\"\nordre = 1\nouverture = 2021-01-18\nsource = \"S\"\n[[groupe]]\nage_minimum = 75\ndepartements = [\"2a\"]\n"
	for _, seed := range []string{
		head + good + "\r\n--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nA\r\n--b--\r\n",
		head + "\r\n--b--\r\n", head + good, head + strings.Repeat("#", referential.MaxCampaignFile+1) + "\r\n--b--", "--b--\r\n", "", "--b\r\n\r\n--b--",
		head + "\xff\xfei\x00\r\n--b--", head + "PK\x03\x04\r\n--b--", head + "\x89PNG\r\n\x1a\n\x00\r\n--b--", head + "nom;pr\xe9nom\n\r\n--b--",
		"--b\r\nContent-Disposition: form-data; name=\"fichier\"; filename=\"\"\r\n\r\n\r\n--b--\r\n",
		"--b\r\nContent-Disposition: form-data; name=\"autre\"; filename=\"../../x\"\r\n\r\nx\r\n--b--\r\n",
		"--b\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=41=\r\n--b--\r\n",
		strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n", 12_000) + "--b--",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		values, file, err := readParts(multipart.NewReader(strings.NewReader(body), "b"))
		if err != nil {
			if values != nil {
				t.Error("a form that cannot be read has values")
			}
			return
		}
		kept := 0
		for field, all := range values {
			for _, value := range all {
				kept += len(field) + len(value) + partCost
			}
		}
		if kept > maxForm || len(file.text) > referential.MaxCampaignFile+1 {
			t.Errorf("%d bytes and a file of %d are kept", kept, len(file.text))
		}
		if file.name == "" {
			return
		}
		c, faults, err := readCampaignFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults {
			if fault == "" {
				t.Error("a fault says nothing")
			}
		}
		if len(faults) > 0 {
			return
		}
		again, form, err := decideTyped(shownValues(c))
		if err != nil || form.HasErrors() {
			t.Fatalf("%v, %+v", err, form.Errors)
		}
		if diff := cmp.Diff(c, again); diff != "" {
			t.Error(diff)
		}
	})
}
