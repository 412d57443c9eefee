package referential

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
)

func TestTheCampaignsThatShipAreWrittenAndReadBackTheSame(t *testing.T) {
	all, err := Campaigns()
	if err != nil || len(all) == 0 {
		t.Fatal(err)
	}
	for _, c := range all {
		text, err := CampaignFile(c)
		if err != nil {
			t.Fatal(err)
		}
		back, remarks, err := readCampaign(t, string(text))
		if err != nil || len(remarks) > 0 || !cmp.Equal(c, back) {
			t.Errorf("%s: %v %v %s", c.ID, err, remarks, cmp.Diff(c, back))
		}
		if strings.Contains(string(text), "\n\n\n") || !strings.HasPrefix(string(text), "identifiant = \""+c.ID+"\"\nnom = ") {
			t.Errorf("%s is written so:\n%s", c.ID, text)
		}
	}
}

// Keys come in the order in which docs/formats/campaigns.md explains them, all of them.
func TestAWrittenCampaignHasItsKeysInTheOrderOfTheirDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/campaigns.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z_`, ]+`) \\| ").FindAllStringSubmatch(string(page), -1) {
		for _, name := range regexp.MustCompile("[a-z_]+").FindAllString(row[1], -1) {
			_, outside := campaignKeys[name]
			if _, within := groupKeys[name]; (outside || within) && !slices.Contains(documented, name) { // the codes of its list follow further down, under its name
				documented = append(documented, name)
			}
		}
	}
	if n := len(campaignKeys) - 1 + len(groupKeys); len(documented) != n { // the page has no row of « groupe »
		t.Fatalf("the page explains %d keys of %d: %v", len(documented), n, documented)
	}
	c, remarks, err := readCampaign(t, whole(t))
	if err != nil || len(remarks) > 0 {
		t.Fatal(err, remarks)
	}
	for _, g := range c.Criteria {
		one := c
		one.Criteria = registry.Criteria{g}
		text, err := CampaignFile(one)
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, line := range strings.Split(string(text), "\n") {
			if name, _, ok := strings.Cut(line, " = "); ok {
				keys = append(keys, name)
			}
		}
		if !slices.IsSortedFunc(keys, func(a, b string) int { return slices.Index(documented, a) - slices.Index(documented, b) }) {
			t.Errorf("%v", keys)
		}
	}
}

// A campaign may have more codes than its file may have bytes: no file is written that nobody could bring back.
func TestAFileThatCouldNotBeReadAgainIsNotWritten(t *testing.T) {
	c := registry.Campaign{ID: "c", Name: "C", Phase: "P", Rank: 1, Source: "S", Opens: registry.MustDate("2021-01-18")}
	for g := range 20 {
		var codes []string
		for i := range 500 {
			codes = append(codes, fmt.Sprintf("%05d", 1000*g+i))
		}
		c.Criteria = append(c.Criteria, registry.Group{Territory: registry.Territory{In: registry.Area{PostalCodes: codes}}})
		decided, err := registry.DecideCampaign(c)
		if err != nil {
			t.Fatal(err)
		}
		text, err := CampaignFile(decided)
		if err != nil {
			if registry.KindOf(err) != registry.KindConflict || text != nil || g < 10 {
				t.Errorf("of %d groups: %v", g+1, err)
			}
			continue
		}
		if _, remarks, err := readCampaign(t, string(text)); err != nil || len(remarks) > 0 || g > 16 {
			t.Errorf("of %d groups, %d bytes: %v %v", g+1, len(text), err, remarks)
		}
	}
}

// TestTheLongestFileIsWrittenAndReadBack makes files as long as may be, and a byte longer.
func TestTheLongestFileIsWrittenAndReadBack(t *testing.T) {
	c := registry.Campaign{ID: "c", Name: "C", Phase: "P", Rank: 1, Source: "S", Opens: registry.MustDate("2021-01-18")}
	group := func(g, codes int) registry.Group {
		var all []string
		for i := range codes {
			all = append(all, fmt.Sprintf("%05d", 1000*g+i))
		}
		return registry.Group{Territory: registry.Territory{In: registry.Area{PostalCodes: all}}}
	}
	for g := 1; len(campaignText(c))+len(campaignText(registry.Campaign{Criteria: registry.Criteria{group(g, 500)}})) < MaxCampaignFile; g++ {
		c.Criteria = append(c.Criteria, group(g, 500))
	}
	for codes := 1; ; codes++ { // until the source can make up for the rest
		more := c
		more.Criteria = append(slices.Clone(c.Criteria), group(99, codes))
		if missing := MaxCampaignFile - len(campaignText(more)); missing < 100 {
			more.Source = strings.Repeat("S", 1+missing)
			c = more
			break
		}
	}
	decided, err := registry.DecideCampaign(c)
	if err != nil {
		t.Fatal(err)
	}
	text, err := CampaignFile(decided)
	if err != nil || len(text) != MaxCampaignFile {
		t.Fatalf("%d bytes are written: %v", len(text), err)
	}
	if back, remarks, err := readCampaign(t, string(text)); err != nil || len(remarks) > 0 || !cmp.Equal(decided, back) {
		t.Errorf("read back: %v %v", err, remarks)
	}
	decided.Source += "S"
	if text, err := CampaignFile(decided); registry.KindOf(err) != registry.KindConflict || text != nil {
		t.Errorf("of a byte more: %d bytes, %v", len(text), err)
	}
}
