package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// found makes the findings of a run that looked at everything, with one more.
func found(t *testing.T, more ...finding) []byte {
	t.Helper()
	all := []finding{}
	for _, id := range asked {
		all = append(all, finding{id, "OK", "fine"})
	}
	data, err := json.Marshal(append(all, more...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatMayNotBeFound(t *testing.T) {
	for name, tt := range map[string]struct {
		more finding
		bad  bool
	}{
		"medium": {finding{"BREACH", "MEDIUM", "compressed"}, true}, "high": {finding{"cert_notAfter", "HIGH", "soon"}, true},
		"critical": {finding{"heartbleed", "CRITICAL", "it bleeds"}, true}, "fatal": {finding{"scanProblem", "FATAL", "no answer"}, true},
		"low": {finding{"TLS_session_ticket", "LOW", "7 days"}, false}, "told": {finding{"banner_server", "INFO", "none"}, false},
		"a private authority": {finding{"cert_chain_of_trust", "CRITICAL", "unknown"}, false},
		"its revocation":      {finding{"cert_revocation", "HIGH", "no address"}, false},
		"could not look":      {finding{"ROBOT", "WARN", "could not"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			bad, judged, err := judge(found(t, tt.more), asked)
			if err != nil || judged != len(asked)+1 || (len(bad) == 1) != tt.bad || len(bad) > 1 {
				t.Errorf("%v of %d, %v", bad, judged, err)
			}
		})
	}
}

func TestALookThatLeavesOutIsNotPassed(t *testing.T) {
	if bad, _, err := judge([]byte(`[{"id":"TLS1_2","severity":"OK","finding":"offered"}]`), asked); err != nil || len(bad) != len(asked)-1 {
		t.Errorf("%d are said to be missing, %v", len(bad), err)
	}
	for _, text := range []string{"", "{}", "[", "null x"} {
		if _, _, err := judge([]byte(text), asked); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestOtherMachinesAreNotTried(t *testing.T) {
	for _, address := range []string{"exemple.fr:443", "192.168.1.1:443", "0.0.0.0:443", "localhost.exemple.fr:443"} {
		if err := testssl(t.Context(), address, "", t.TempDir()+"/x.json"); err == nil || !strings.Contains(err.Error(), "not this machine") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
