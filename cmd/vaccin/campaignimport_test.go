package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// brought is the file of a campaign of those of an age and more.
func brought(t *testing.T, folder, id, age string) string {
	t.Helper()
	path := filepath.Join(folder, id+"-"+age+".toml")
	text := "identifiant = \"" + id + "\"\nnom = \"Les " + age + " ans\"\nphase = \"Ain\"\nordre = 1\nouverture = 2021-03-27\nsource = \"Arrêté\"\n\n[[groupe]]\nage_minimum = " + age + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCampaignsAreBroughtOnceFromTheirFiles brings those of a department into each kind of store: new ones alone, each an entry of the log.
func TestCampaignsAreBroughtOnceFromTheirFiles(t *testing.T) {
	for engine, address := range map[string]string{"embedded": filepath.Join(t.TempDir(), "vaccin.db"), "PostgreSQL": databases.Fresh(t)} {
		t.Run(engine, func(t *testing.T) {
			st, _, _, err := openStore(t.Context(), address, store.Options{Migrate: true})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			shipped, err := referential.Campaigns()
			if err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			run := func(files ...string) (string, error) {
				var out bytes.Buffer
				command := campaignImportCmd{Files: files}
				command.Store = address
				err := command.Run(t.Context(), console{out: &out})
				return strings.ReplaceAll(strings.ReplaceAll(out.String(), folder+"/", ""), "\u00a0", " "), err
			}
			kept := func(id string) (c registry.SavedCampaign, others int) {
				t.Helper()
				all, err := st.Campaigns(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				at := slices.IndexFunc(all, func(c registry.SavedCampaign) bool { return c.ID == id })
				if at < 0 {
					return c, len(all)
				}
				return all[at], len(all) - 1
			}
			entries := func() (brought, refused int) {
				t.Helper()
				all, err := st.Events(t.Context(), registry.EventQuery{Action: registry.ActionSaveCampaign, Limit: 100})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range all {
					if e.Role == registry.RoleSystem && e.Version == 1 && e.Digest != "" {
						brought++
						if e.Outcome == registry.OutcomeConflict {
							refused++
						}
					}
				}
				return brought, refused
			}
			a, b, other := brought(t, folder, "ain-60", "60"), brought(t, folder, "ain-70", "70"), brought(t, folder, "ain-60", "61")

			// Where one file has faults, nothing is brought.
			bad := brought(t, folder, "ain-80", "130")
			said, err := run(a, bad, filepath.Join(folder, "absent.toml"))
			if registry.KindOf(err) != registry.KindInvalid || !strings.Contains(said, "ain-80-130.toml : Ligne 9, age_minimum : ") || !strings.Contains(said, "absent.toml : Le fichier") ||
				strings.ReplaceAll(sentence(err), "\u00a0", " ") != "2 fichiers sur 3 à corriger : rien n’a été enregistré." {
				t.Errorf("of a file with faults it says %q, %v", said, err)
			}
			if c, n := kept("ain-60"); c.ID != "" || n != len(shipped) {
				t.Errorf("beside a file with faults is kept %+v", c)
			}

			said, err = run(a, b)
			if err != nil || said != "ain-60-60.toml : « Les 60 ans » (ain-60) : enregistrée\nain-70-70.toml : « Les 70 ans » (ain-70) : enregistrée\n" {
				t.Errorf("it says %q, %v", said, err)
			}
			first, n := kept("ain-60")
			if first.Version != 1 || first.SavedBy == "" || first.Criteria[0].Age.AtLeast != 60 || n != len(shipped)+1 {
				t.Errorf("kept %+v beside %d", first, n)
			}
			if all, refused := entries(); all != 2 || refused != 0 {
				t.Errorf("%d entries, %d of refusals", all, refused)
			}

			said, err = run(a, b)
			if err != nil || strings.Count(said, "déjà là, sans différence") != 2 {
				t.Errorf("brought again it says %q, %v", said, err)
			}
			// What is there and says otherwise stays; the others come all the same.
			c := brought(t, folder, "ain-90", "90")
			said, err = run(other, c)
			if registry.KindOf(err) != registry.KindConflict || !strings.Contains(said, "ain-60-61.toml : « Les 61 ans » (ain-60) : Une campagne porte déjà l’identifiant « ain-60 »") ||
				!strings.Contains(said, "(ain-90) : enregistrée") || !strings.Contains(sentence(err), "1\u00a0campagne") && !strings.Contains(sentence(err), "1 campagne") {
				t.Errorf("of one that is there it says %q, %v", said, err)
			}
			if again, n := kept("ain-60"); again.Version != 1 || again.Criteria[0].Age.AtLeast != 60 || n != len(shipped)+2 {
				t.Errorf("after that is kept %+v beside %d", again, n)
			}
			if all, refused := entries(); all != 6 || refused != 1 {
				t.Errorf("%d entries, %d of refusals", all, refused)
			}
		})
	}
}

// TestNoStoreIsMadeForCampaigns of a name that was misspelt.
func TestNoStoreIsMadeForCampaigns(t *testing.T) {
	folder := t.TempDir()
	command := campaignImportCmd{Files: []string{brought(t, folder, "ain-60", "60")}}
	command.Store = filepath.Join(folder, "absente.db")
	err := command.Run(t.Context(), console{out: &bytes.Buffer{}})
	if _, missing := os.Stat(command.Store); registry.KindOf(err) != registry.KindNotFound || missing == nil {
		t.Error(err, missing)
	}
}

// Which of two files of one campaign is meant, nobody knows; one that is given twice is brought once.
func TestOfTwoFilesOfOneCampaignNoneIsBrought(t *testing.T) {
	folder := t.TempDir()
	address := filepath.Join(folder, "vaccin.db")
	st, _, _, err := openStore(t.Context(), address, store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	run := func(files ...string) (string, error) {
		var out bytes.Buffer
		command := campaignImportCmd{Files: files}
		command.Store = address
		err := command.Run(t.Context(), console{out: &out})
		return strings.ReplaceAll(strings.ReplaceAll(out.String(), folder+"/", ""), "\u00a0", " "), err
	}
	a, b, other := brought(t, folder, "ain-60", "60"), brought(t, folder, "ain-70", "70"), brought(t, folder, "ain-60", "61")
	said, err := run(a, b, other)
	if registry.KindOf(err) != registry.KindInvalid || said != "ain-60-61.toml : Le fichier « ain-60-60.toml » a le même identifiant, « ain-60 », et dit autre chose. N’en donnez qu’un.\n" ||
		strings.ReplaceAll(sentence(err), "\u00a0", " ") != "1 fichier sur 3 à corriger : rien n’a été enregistré." {
		t.Errorf("it says %q, %v", said, err)
	}
	said, err = run(a, b, a)
	if err != nil || strings.Count(said, "enregistrée\n") != 2 || strings.Count(said, "déjà là, sans différence\n") != 1 {
		t.Errorf("of one that is given twice it says %q, %v", said, err)
	}
}

// TestACampaignIsShownWithWhatHoldsInEvery gives a doctor who reads the sentence what it does not say.
func TestACampaignIsShownWithWhatHoldsInEvery(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := (campaignShowCmd{Campaign: brought(t, t.TempDir(), "ain", "75")}).Run(console{out: &out}); err != nil {
		t.Fatal(err)
	}
	said := strings.ReplaceAll(out.String(), "\u00a0", " ")
	for _, holds := range []string{
		"Sont concernées les personnes de 75 ans ou plus au 27 mars 2021, quel que soit leur lieu de vie.", "ne sont jamais ciblées.",
		"que si elle y répond à coup sûr", "mais elle est de celles « qui ne vivent pas en EHPAD »",
	} {
		if !strings.Contains(said, holds) {
			t.Errorf("%q is not said:\n%s", holds, said)
		}
	}
}
