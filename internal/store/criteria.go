package store

import (
	"strconv"
	"strings"

	"vaccin/internal/registry"
)

// Criteria of campaigns as the database asks them of the rows of patient p. What they mean says registry.Criteria;
// a test has both look at the same persons.

// condition is part of a WHERE with its arguments.
type condition struct {
	sql  strings.Builder
	args []any
	next int // the number of the next argument
}

// arg adds an argument and returns how the text names it.
func (c *condition) arg(value any) string {
	c.args = append(c.args, value)
	c.next++
	return "$" + strconv.Itoa(c.next-1)
}

// A dose is in force unless its entry was annulled: another is recorded only once it is.
const (
	doseInForce = "EXISTS (SELECT 1 FROM entry e WHERE e.record_num = p.record_num AND e.step IN (1, 2) AND e.number = 1" + notAnnulled + ")"
	complete    = "EXISTS (SELECT 1 FROM entry e WHERE e.record_num = p.record_num AND e.number > 0" + notAnnulled +
		" AND (e.step = 2 OR e.step = 1 AND e.series_doses = 1" + latestVersion + "))"
	notAnnulled   = " AND NOT EXISTS (SELECT 1 FROM entry a WHERE a.record_num = e.record_num AND a.step = e.step AND a.sequence = e.sequence AND a.number = 0)"
	latestVersion = " AND NOT EXISTS (SELECT 1 FROM entry later WHERE later.record_num = e.record_num" +
		" AND later.step = e.step AND later.sequence = e.sequence AND later.number > e.number)"

	hasTarget  = "EXISTS (SELECT 1 FROM target t WHERE t.record_num = p.record_num)"
	hasOwnCode = "EXISTS (SELECT 1 FROM record r WHERE r.num = p.record_num AND r.code IS NOT NULL)"
)

// criteria adds that one of the groups holds, of a campaign that opens on a day.
func (c *condition) criteria(groups registry.Criteria, opening registry.Date) {
	if len(groups) == 0 {
		c.sql.WriteString("false")
		return
	}
	c.sql.WriteString("(")
	for i, g := range groups {
		if i > 0 {
			c.sql.WriteString(" OR ")
		}
		c.sql.WriteString(strings.Join(append([]string{"true"}, c.group(g, opening)...), " AND "))
	}
	c.sql.WriteString(")")
}

// group returns the parts that must all hold.
func (c *condition) group(g registry.Group, opening registry.Date) (all []string) {
	also := func(asked bool, sql func() string) {
		if asked {
			all = append(all, sql())
		}
	}
	first, last := g.Age.Births(opening)
	limited := g.Age.AtLeast > 0 || g.Age.AtMost > 0
	also(limited, func() string { return "p.born_last <= " + c.arg(dayNumber(last)) })
	also(limited && !first.IsZero(), func() string { return "p.born_first >= " + c.arg(dayNumber(first)) })
	also(g.Sex != "", func() string { return "p.sex = " + c.arg(string(g.Sex)) })
	all = append(all, among(c, "p.residence", g.Residence)...)
	all = append(all, among(c, "p.occupation", g.Occupation)...)
	all = append(all, among(c, "p.workplace", g.Workplace)...)
	also(g.Conditions.Any != 0, func() string { return is(g.Conditions.Any, "p.conditions <> 0") })
	all = append(all, c.bits("p.conditions", int64(g.Conditions.In), int64(g.Conditions.Out))...)
	also(g.Comorbidities.Any != 0, func() string { return is(g.Comorbidities.Any, "p.comorbidities <> 0") })
	also(g.Comorbidities.VeryHighRisk != 0, func() string {
		return is(g.Comorbidities.VeryHighRisk, "p.comorbidities & "+c.arg(int64(registry.VeryHighRisk))+" <> 0")
	})
	all = append(all, c.bits("p.comorbidities", int64(g.Comorbidities.In), int64(g.Comorbidities.Out))...)
	also(!g.Territory.In.IsZero(), func() string { return c.area(g.Territory.In) })
	also(!g.Territory.Out.IsZero(), func() string { return "NOT " + c.area(g.Territory.Out) })
	also(g.Vaccination == registry.VaccinationNone, func() string { return "NOT " + doseInForce })
	also(g.Vaccination == registry.VaccinationBegun, func() string { return doseInForce })
	also(g.Vaccination == registry.VaccinationComplete, func() string { return complete })
	also(g.Targeted != 0, func() string { return is(g.Targeted, "("+hasTarget+" OR "+hasOwnCode+")") })
	return all
}

// is says that something is so, or is not.
func is(answer registry.Answer, so string) string {
	if answer == registry.AnswerNo {
		return "NOT (" + so + ")"
	}
	return so
}

func among[T ~int](c *condition, column string, a registry.Among[T]) (all []string) {
	for _, list := range []struct {
		of []T
		in string
	}{{a.In, " IN ("}, {a.Out, " NOT IN ("}} {
		if len(list.of) == 0 {
			continue
		}
		args := make([]string, len(list.of))
		for i, v := range list.of {
			args[i] = c.arg(int(v))
		}
		all = append(all, column+list.in+strings.Join(args, ", ")+")")
	}
	return all
}

// bits says that a set has one of in, if that is not empty, and none of out.
func (c *condition) bits(column string, in, out int64) (all []string) {
	if in != 0 {
		all = append(all, column+" & "+c.arg(in)+" <> 0")
	}
	if out != 0 {
		all = append(all, column+" & "+c.arg(out)+" = 0")
	}
	return all
}

func (c *condition) area(a registry.Area) string {
	var any []string
	for _, d := range a.Departments {
		any = append(any, "p.department = "+c.arg(d))
	}
	for _, code := range a.PostalCodes {
		any = append(any, begins("p.postal_code", code, c))
	}
	for _, code := range a.CommuneCodes {
		any = append(any, begins("p.commune_code", code, c))
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

func begins(column, with string, c *condition) string {
	return "substr(" + column + ", 1, " + strconv.Itoa(len(with)) + ") = " + c.arg(with)
}
