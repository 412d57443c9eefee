package registry_test

import (
	"strings"
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

// At some providers people write their own names: one that looks like a colleague's, or like what pages say in the place of a name, comes with
// the identifier, as that of the colleague does.
func TestNamesThatLookAlikeAreToldApart(t *testing.T) {
	const camille = "agent:camille"
	for name, other := range map[string]registry.Agent{
		"a letter that nobody sees":    {FamilyName: "Martin\u200b", GivenName: "Camille"},
		"a hyphen that nobody sees":    {FamilyName: "Mar\u00adtin", GivenName: "Camille"},
		"a Cyrillic letter":            {FamilyName: "М\u0430rtin", GivenName: "Camille"},
		"a capital for a small letter": {FamilyName: "Martin", GivenName: "CamiIle"},
		"a digit":                      {FamilyName: "Mart1n", GivenName: "Camille"},
		"two letters for one":          {FamilyName: "Martin", GivenName: "Carnille"},
		"a space":                      {FamilyName: "Martin", GivenName: "Camille\u00a0"},
		"one name":                     {FamilyName: "Camille Martin"},
		"an accent apart":              {FamilyName: "Martin\u0323", GivenName: "Camille"},
		"no accent":                    {FamilyName: "Martin", GivenName: "Câmille"},
		"an identifier in the name":    {FamilyName: ".", GivenName: "Camille MARTIN (agent:camille)"},
		"whoever looks":                {FamilyName: "\u200b", GivenName: "Vous"},
		"you":                          {FamilyName: "Vous"},
		"the service":                  {FamilyName: "Service", GivenName: "Le"},
		"you, nearly":                  {FamilyName: "V0us"},
		"the service, nearly":          {FamilyName: "Servlce", GivenName: "Le"},
		"signs alone":                  {FamilyName: "’"},
		"a blank letter":               {FamilyName: "\u3164"},
	} {
		other.ID = "agent:other"
		c := registry.Agents{other.ID: other, camille: {ID: camille, FamilyName: "Martin", GivenName: "Camille"}}.Colleagues()
		if got := c.WhoIs(other.ID); !strings.HasSuffix(got, " (agent:other)") {
			t.Errorf("%s: called %q", name, got)
		}
	}
	for _, honest := range []registry.Agent{
		{FamilyName: "Lefèvre", GivenName: "Anne-Marie"}, {FamilyName: "D’Arcy", GivenName: "Łucja"}, {FamilyName: "Nguyễn", GivenName: "Thị"}, {FamilyName: "Accueil 2"},
	} {
		honest.ID = "agent:honest"
		c := registry.Agents{honest.ID: honest, camille: {ID: camille, FamilyName: "Martin", GivenName: "Camille"}}.Colleagues()
		if got := c.WhoIs(honest.ID); got != honest.DisplayName() || c.WhoIs(camille) != "Camille MARTIN" {
			t.Errorf("called %q and %q", got, c.WhoIs(camille))
		}
	}
}
