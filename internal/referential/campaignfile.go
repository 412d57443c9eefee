package referential

import (
	"fmt"
	"strconv"
	"strings"

	"vaccin/internal/registry"
)

// CampaignFile is the file of a campaign as DecideCampaign returned it (docs/formats/campaigns.md): ReadCampaign reads the same from it. The
// keys are in the order of their documentation. It refuses a campaign whose file nobody could bring back.
func CampaignFile(c registry.Campaign) ([]byte, error) {
	text := campaignText(c)
	if len(text) > MaxCampaignFile {
		return nil, registry.Conflict("Le fichier de cette campagne dépasserait 64\u00a0Kio, et ne pourrait pas être repris\u00a0: ses listes de territoires sont trop longues. " +
			"Donnez le début des codes, ou des départements, depuis %s.").Naming(registry.CampaignList)
	}
	return []byte(text), nil
}

// CampaignFileName is how the file of a campaign is called.
func CampaignFileName(id string) string { return id + ".toml" }

func campaignText(c registry.Campaign) string {
	t := &strings.Builder{}
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(t, "%s = %s\n", key, value)
		}
	}
	line("identifiant", quote(c.ID))
	line("nom", quote(c.Name))
	line("phase", quote(c.Phase))
	line("ordre", number(c.Rank))
	line("ouverture", c.Opens.String())
	line("fermeture", c.Closes.String())
	line("source", quote(c.Source))
	for _, g := range c.Criteria {
		t.WriteString("\n[[groupe]]\n")
		line("age_minimum", number(g.Age.AtLeast))
		line("age_maximum", number(g.Age.AtMost))
		line("age_au", g.Age.On.String())
		line("sexe", quote(string(g.Sex)))
		line("residences", codeList(g.Residence.In))
		line("hors_residences", codeList(g.Residence.Out))
		line("metiers", codeList(g.Occupation.In))
		line("hors_metiers", codeList(g.Occupation.Out))
		line("lieux_de_travail", codeList(g.Workplace.In))
		line("hors_lieux_de_travail", codeList(g.Workplace.Out))
		line("en_ald", boolean(g.Conditions.Any))
		line("ald", aldList(g.Conditions.In))
		line("hors_ald", aldList(g.Conditions.Out))
		line("a_risque", boolean(g.Comorbidities.Any))
		line("tres_haut_risque", boolean(g.Comorbidities.VeryHighRisk))
		line("comorbidites", codeList(g.Comorbidities.In.All()))
		line("hors_comorbidites", codeList(g.Comorbidities.Out.All()))
		line("departements", textList(g.Territory.In.Departments))
		line("hors_departements", textList(g.Territory.Out.Departments))
		line("codes_postaux", textList(g.Territory.In.PostalCodes))
		line("hors_codes_postaux", textList(g.Territory.Out.PostalCodes))
		line("codes_communes", textList(g.Territory.In.CommuneCodes))
		line("hors_codes_communes", textList(g.Territory.Out.CommuneCodes))
		line("vaccination", quote(g.Vaccination.Code()))
		line("deja_ciblees", boolean(g.Targeted))
	}
	return t.String()
}

var tomlEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// quote writes a text, in which there are no control characters, or nothing for none.
func quote(text string) string {
	if text == "" {
		return ""
	}
	return `"` + tomlEscapes.Replace(text) + `"`
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func boolean(a registry.Answer) string {
	return map[registry.Answer]string{registry.AnswerYes: "true", registry.AnswerNo: "false"}[a]
}

func brackets(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func textList(all []string) string {
	quoted := make([]string, 0, len(all))
	for _, text := range all {
		quoted = append(quoted, quote(text))
	}
	return brackets(quoted)
}

func codeList[T interface{ Code() string }](all []T) string {
	if len(all) == 0 {
		return ""
	}
	return "[" + codesOf(all) + "]"
}

func aldList(set registry.Conditions) string {
	var all []string
	for _, a := range set.All() {
		all = append(all, strconv.Itoa(int(a)))
	}
	return brackets(all)
}
