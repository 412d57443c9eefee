package registry

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// WithoutEachCondition calls run once for each condition of the policy, while that condition alone is
// taken out of its row.
func WithoutEachCondition(run func(row string)) {
	without := func(row string, conditions []condition, put func([]condition)) {
		for i, c := range conditions {
			put(slices.Delete(slices.Clone(conditions), i, i+1))
			run(row + " without " + conditionName(c))
			put(conditions)
		}
	}
	for v, byRole := range rules {
		for role, conditions := range byRole {
			without(fmt.Sprintf("%v by %s", v, role), conditions, func(c []condition) { byRole[role] = c })
		}
	}
}

func conditionName(c condition) string {
	name := runtime.FuncForPC(reflect.ValueOf(c).Pointer()).Name()
	return name[strings.LastIndexByte(name, '.')+1:]
}

// ApplyChange is what the domain says a change makes of a record.
func ApplyChange(r Record, c Change) Record { return apply(r, c) }

// Exported for tests of texts, and of where batches begin.
var (
	CleanText  = cleanText
	PersonName = personName
	Luhn       = luhn
	Phone      = decidePhone
	TypedEmail = typedEmail
	Following  = following
)

// inWords are the conditions of the policy, as docs/roles.md says them.
var inWords = map[string]string{
	"isIdentified":            "identified",
	"professionAuthorised":    "profession open that day",
	"placeChosen":             "place of practice chosen",
	"stepFree":                "step free",
	"eligibilityDone":         "eligibility declared",
	"firstDoseDone":           "dose 1 recorded",
	"notSingleDose":           "not a single-dose vaccine",
	"stepDone":                "step recorded",
	"isAuthor":                "its author",
	"nextStepFree":            "next step free",
	"firstDoseNotUnderSecond": "never dose 1 under dose 2",
	"reasonGiven":             "with a reason",
	"concernsSomebody":        "somebody to give a code to",
	"preparedByOther":         "prepared by another",
	"aboutOther":              "about another’s account",
	"notObjecting":            "no objection in force",
	"beforeLimit":             "before the limit of that day",
	"objecting":               "objection in force",
}

// RoleTable is the policy as the Markdown table of docs/roles.md. A condition that has no words panics.
func RoleTable() string {
	roles := []Role{RolePractitioner, RoleSupport, RoleDataProtection, RoleCampaign, RoleReferential, RoleStatistics, RoleSystem}
	table := "| action |"
	for _, role := range roles {
		table += " " + string(role) + " |"
	}
	table += "\n|---" + strings.Repeat("|---", len(roles)) + "|\n"
	for v := range verb(len(verbNames)) {
		table += "| " + v.String() + " |"
		for _, role := range roles {
			table += " " + conditionsInWords(rules[v][role]) + " |"
		}
		table += "\n"
	}
	return table
}

func conditionsInWords(conditions []condition) string {
	if len(conditions) == 0 {
		return "no"
	}
	words := []string{}
	for _, c := range conditions {
		name := conditionName(c)
		if inWords[name] == "" {
			panic("the condition " + name + " has no words")
		}
		words = append(words, inWords[name])
	}
	return strings.Join(words, ", ")
}
