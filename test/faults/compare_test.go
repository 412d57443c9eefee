package faults_test

import (
	"strconv"
	"strings"
	"testing"

	"vaccin/internal/registry"
)

// kept is what the store has of a record: rows, and entries in the access log that say that they were made.
type kept struct {
	version                                    int
	eligibilities, doses                       int
	loggedRegister, loggedEligible, loggedDose int
}

const (
	everyRecord = `SELECT r.id, r.version, COALESCE(e.n, 0), COALESCE(d.n, 0), COALESCE(l.register, 0), COALESCE(l.declare, 0), COALESCE(l.dose, 0)
FROM record r
LEFT JOIN (SELECT record_num, count(*) AS n FROM entry WHERE step = 0 GROUP BY 1) e ON e.record_num = r.num
LEFT JOIN (SELECT record_num, count(*) AS n FROM entry WHERE step > 0 GROUP BY 1) d ON d.record_num = r.num
LEFT JOIN (SELECT record_id, count(*) FILTER (WHERE action = 'register-patient') AS register,
	count(*) FILTER (WHERE action = 'declare-eligibility') AS declare, count(*) FILTER (WHERE action = 'record-first-dose') AS dose
	FROM access_log WHERE outcome = 'done' GROUP BY 1) l ON l.record_id = r.id`
	logWithoutRecord = `SELECT count(*) FROM access_log l WHERE record_id <> '' AND NOT EXISTS (SELECT FROM record r WHERE r.id = l.record_id)`
	rowWithoutRecord = `SELECT (SELECT count(*) FROM entry WHERE record_num NOT IN (SELECT num FROM record))
	+ (SELECT count(*) FROM record WHERE num NOT IN (SELECT record_num FROM patient))`
)

// compare looks for every acknowledged act in the store: it is there once, and was logged once. Of what was not
// acknowledged, nothing is there by half: no act without its entry in the log, no entry without its act.
func (h *house) compare(t *testing.T, acknowledged map[registry.RecordID]acts) {
	t.Helper()
	found := map[registry.RecordID]kept{}
	for line := range strings.Lines(h.sql(t, everyRecord)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		n := make([]int, len(fields)-1)
		for i := range n {
			var err error
			if n[i], err = strconv.Atoi(fields[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		found[registry.RecordID(fields[0])] = kept{n[0], n[1], n[2], n[3], n[4], n[5]}
	}
	for id, a := range acknowledged {
		k, there := found[id]
		switch {
		case !there, a.registered && k.loggedRegister != 1, a.eligible && k.eligibilities != 1, a.dose && k.doses != 1:
			t.Errorf("record %s: %+v acknowledged, %+v kept", id, a, k)
		}
	}
	for id, k := range found {
		if k.eligibilities != k.loggedEligible || k.doses != k.loggedDose || k.eligibilities > 1 || k.doses > 1 || k.loggedRegister > 1 ||
			k.version != 1+k.eligibilities+k.doses || k.loggedRegister == 0 && !imported(id) {
			t.Errorf("record %s: %+v kept", id, k)
		}
	}
	for _, orphans := range []string{logWithoutRecord, rowWithoutRecord} {
		if n := h.sql(t, orphans); n != "0" {
			t.Errorf("%s rows belong to no record", n)
		}
	}
}

// imported tells a record that came from the referential.
func imported(id registry.RecordID) bool {
	return strings.HasPrefix(string(id), strings.Repeat("0", 16))
}
