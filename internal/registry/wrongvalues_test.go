package registry

import (
	"strconv"
	"strings"
	"testing"
)

// A list with several wrong values names them all, within reason; one of hundreds is not found otherwise.
func TestWhatIsWrongInAListIsNamed(t *testing.T) {
	var many []string
	for i := range 14 {
		many = append(many, strconv.Itoa(i))
	}
	long := strings.Repeat("9", 21)
	for _, tt := range []struct {
		values []string
		want   string
	}{
		{nil, ""},
		{[]string{""}, ""},
		{[]string{long}, ""},
		{[]string{"9\x00"}, ""},
		{[]string{"96"}, " Ceci ne convient pas : « 96 »."},
		{[]string{long[:20]}, " Ceci ne convient pas : « " + long[:20] + " »."},
		{[]string{"96", "1"}, " Ceci ne convient pas : « 96 » et « 1 »."},
		{[]string{"96", long, "1"}, " Ceci ne convient pas : « 96 », « 1 » et 1 autre valeur."},
		{many[:10], " Ceci ne convient pas : « 0 », « 1 », « 2 », « 3 », « 4 », « 5 », « 6 », « 7 », « 8 » et « 9 »."},
		{many, " Ceci ne convient pas : « 0 », « 1 », « 2 », « 3 », « 4 », « 5 », « 6 », « 7 », « 8 », « 9 » et 4 autres valeurs."},
	} {
		if got := strings.ReplaceAll(NotThese(tt.values), "\u00a0", " "); got != tt.want {
			t.Errorf("%q: %q", tt.values, got)
		}
	}
}

func TestEveryTerritoryThatIsAskedForAndLeftOutIsNamed(t *testing.T) {
	c := Campaign{ID: "c", Name: "C", Phase: "P", Rank: 1, Source: "S", Opens: MustDate("2021-01-18"), Criteria: Criteria{{Territory: Territory{
		In: Area{Departments: []string{"75", "69", "2A"}, PostalCodes: []string{"42000"}}, Out: Area{Departments: []string{"2A", "75"}, PostalCodes: []string{"42"}},
	}}}}
	_, err := DecideCampaign(c)
	got := map[string]string{}
	for _, f := range err.(*Error).Fields { // it returns no other
		got[f.Field] = strings.ReplaceAll(f.Message, "\u00a0", " ")
	}
	if says := got["0."+FieldNotDepartments]; says != "Des territoires demandés sont aussi exclus : « 2A » et « 75 ». Retirez-les de l’une des deux listes." {
		t.Errorf("of departments: %q", says)
	}
	if says := got["0."+FieldNotPostalCodes]; says != "Un territoire demandé est aussi exclu : « 42000 ». Retirez-le de l’une des deux listes." {
		t.Errorf("of postal codes: %q", says)
	}
}
