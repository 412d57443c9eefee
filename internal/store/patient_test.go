package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// heldKeys are keys as a store holds them.
func heldKeys(t testing.TB) *identityKeys {
	t.Helper()
	ring := keyringtest.Ring(1)
	var stored []StoredKey
	for _, k := range ring.Keys() {
		stored = append(stored, StoredKey{ID: k.ID, Check: k.Check, State: KeyWriting})
	}
	k, err := fit(ring, stored)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sealedPart is a patient without what does not stand in the sealed identity.
func sealedPart(p registry.Patient) registry.Patient {
	p.Sex, p.BirthDate, p.BirthRank, p.Manual = "", registry.BirthDate{}, 0, false
	p.Locality.PostalCode, p.Locality.CommuneCode = "", ""
	return p
}

func TestIdentitiesAreSealedAndOpened(t *testing.T) {
	k := heldKeys(t)
	full := registrytest.Patient(1)
	full.Address, full.Phone, full.Email, full.UsedName = "1 rue des Lilas", "0612345678", "a@example.org", "Autre"
	full.Locality = registry.Locality{PostalCode: "42000", Name: "Saint-Étienne", CommuneCode: "42218"}
	same := full
	same.UsedName, same.Own = same.BirthName, same.Holder
	other := full
	other.Own = registrytest.NIR(77)
	corsican, err := nir.FromDigits("180032B004012")
	if err != nil {
		t.Fatal(err)
	}
	other.Holder = corsican
	long := full
	long.Address, long.Own = strings.Repeat("é", 40_000), nir.Number{}
	bare := registry.Patient{Holder: corsican}
	for name, p := range map[string]registry.Patient{"full": full, "same": same, "other": other, "long": long, "bare": bare} {
		t.Run(name, func(t *testing.T) {
			sealed := k.seal("id", p)
			var got registry.Patient
			if err := k.open("id", sealed, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sealedPart(p), got); diff != "" {
				t.Error(diff)
			}
			if err := k.open("other", sealed, &got); err == nil {
				t.Error("it opens for another record")
			}
		})
	}
	if a, b := len(appendIdentity(nil, &same)), len(appendIdentity(nil, &other)); a >= b {
		t.Errorf("what stands twice is written twice: %d bytes, %d with all of it", a, b)
	}
}

func TestIdentitiesThatCannotBeRead(t *testing.T) {
	p := registrytest.Patient(1)
	p.Own = registrytest.NIR(77)
	whole := string(appendIdentity(nil, &p))
	for n := range len(whole) {
		if err := readIdentity(whole[:n], &registry.Patient{}); err == nil {
			t.Errorf("cut to %d bytes it is read", n)
		}
	}
	for name, data := range map[string]string{
		"another format":              "\x02" + whole[1:],
		"an unknown mark":             whole[:1] + "\x81" + whole[2:],
		"a holder's NIR of no person": whole[:1] + "\x02" + whole[2:],
		"more at the end":             whole + "\x00",
		"a number of letters":         whole[:2] + strings.Repeat("\x0e", nirSize) + whole[2+nirSize:],
		"a number of fourteen":        whole[:2] + "\x12" + whole[3:],
		"a length without end":        whole[:2+2*nirSize] + "\xff\xff\xff\xff\xff",
		"a length beyond the end":     whole[:2+2*nirSize] + "\x7fshort",
	} {
		if err := readIdentity(data, &registry.Patient{}); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// FuzzIdentity: what is read is an identity that is written and read again as the same.
func FuzzIdentity(f *testing.F) {
	p := registrytest.Patient(1)
	f.Add(string(appendIdentity(nil, &p)))
	p.Own, p.UsedName = registrytest.NIR(5), "Autre"
	f.Add(string(appendIdentity(nil, &p)))
	p.Own = p.Holder
	f.Add(string(appendIdentity(nil, &p)))
	f.Add("\x01")
	f.Fuzz(func(t *testing.T, data string) {
		var p, again registry.Patient
		if readIdentity(data, &p) != nil {
			return
		}
		if p.Holder.IsZero() {
			t.Fatal("an identity without a holder")
		}
		if err := readIdentity(string(appendIdentity(nil, &p)), &again); err != nil || again != p {
			t.Fatalf("it is written as something else: %v", err)
		}
	})
}

// BenchmarkIdentity seals and opens an identity, encoding included.
func BenchmarkIdentity(b *testing.B) {
	k := heldKeys(b)
	p := registrytest.Patient(1)
	p.Address, p.Locality.Name, p.Phone, p.Email = "12 rue de la République", "Saint-Étienne", "0612345678", "jeanne.martin@example.org"
	sealed := k.seal("0123456789abcdef0123456789abcdef", p)
	b.Run("seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			k.seal("0123456789abcdef0123456789abcdef", p)
		}
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := k.open("0123456789abcdef0123456789abcdef", sealed, &p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(len(sealed)), "bytes")
}
