package registry_test

import (
	"testing"

	"vaccin/internal/registry"
)

func TestAgentsAreNamedWhereTheyAreKnown(t *testing.T) {
	agents := registry.Agents{
		"agent:a": {ID: "agent:a", FamilyName: "Martin", GivenName: "Camille"},
		"agent:b": {ID: "agent:b", FamilyName: "Accueil téléphonique"}, // some providers tell one name
	}
	for id, want := range map[string][2]string{
		"agent:a":      {"Camille MARTIN", "Camille MARTIN (agent:a)"},
		"agent:b":      {"ACCUEIL TÉLÉPHONIQUE", "ACCUEIL TÉLÉPHONIQUE (agent:b)"},
		"agent:c":      {"", "agent:c"},
		"operator:ops": {"", "operator:ops"},
		"810003456781": {"", "RPPS 10003456781"},
		"":             {"", ""},
	} {
		if got := [2]string{agents.Name(id), agents.Label(id)}; got != want {
			t.Errorf("%q is %q", id, got)
		}
	}
}

func TestColleaguesAreCalledByTheirNames(t *testing.T) {
	colleagues := registry.Agents{
		"agent:a": {ID: "agent:a", FamilyName: "Martin", GivenName: "Camille"}, "agent:b": {ID: "agent:b", FamilyName: "Petit", GivenName: "Lou"},
		"agent:c": {ID: "agent:c", FamilyName: "Petit", GivenName: "Lou"}, "agent:d": {ID: "agent:d"},
	}.Colleagues()
	for id, want := range map[string]string{
		"agent:a": "Camille MARTIN", "agent:b": "Lou PETIT (agent:b)", "agent:c": "Lou PETIT (agent:c)", "agent:d": "agent:d", "ops": "ops",
	} {
		if got := colleagues.WhoIs(id); got != want {
			t.Errorf("%q is called %q", id, got)
		}
	}
}
