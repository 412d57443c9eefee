package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummary(t *testing.T) {
	tests := []struct {
		name, in, want string
		ok             bool
	}{
		{
			"all pass",
			`{"Action":"run","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"A","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Test":"A/case"}
{"Action":"output","Package":"p","Output":"ok p (cached)\n"}
{"Action":"pass","Package":"p","Elapsed":1.25}
{"Action":"skip","Package":"no tests"}
`,
			"ok   p                                          2 tests, 1.2 s, cached\n2 passed, 0 failed, 0 skipped\n", true,
		},
		{
			"a test fails",
			`{"Action":"output","Package":"p","Test":"A","Output":"a_test.go:1: wrong\n"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Test":"B"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t1s\n"}
{"Action":"fail","Package":"p"}
`,
			"a_test.go:1: wrong\nFAIL\tp\t1s\nFAIL p\n1 passed, 1 failed, 0 skipped\n", false,
		},
		{
			"a package does not build",
			`{"ImportPath":"p","Action":"build-output","Output":"x.go:1: undefined: y\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p"}
{"Action":"pass","Package":"q","Test":"A"}
{"Action":"pass","Package":"q"}
`,
			"x.go:1: undefined: y\nFAIL\tp [build failed]\nFAIL p\nok   q                                          1 tests, 0.0 s\n1 passed, 1 failed, 0 skipped\n", false,
		},
		{
			"a test is passed over",
			`{"Action":"output","Package":"p","Test":"A","Output":"=== RUN   A\n"}
{"Action":"output","Package":"p","Test":"A","Output":"    x.go:9: real data absent\n"}
{"Action":"output","Package":"p","Test":"A","Output":"--- SKIP: A (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Test":"B"}
{"Action":"pass","Package":"p"}
`,
			"ok   p                                          1 tests, 0.0 s\nskipped: p A: x.go:9: real data absent\n1 passed, 0 failed, 1 skipped\n", true,
		},
		{"nothing ran", "", "0 passed, 0 failed, 0 skipped\n", false},
		{"the go command's own words", "go: no such module", "go: no such module0 passed, 0 failed, 0 skipped\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			ok, err := summarise(strings.NewReader(tt.in), &out)
			if err != nil || ok != tt.ok {
				t.Errorf("ok %v, error %v; want ok %v", ok, err, tt.ok)
			}
			if diff := cmp.Diff(tt.want, out.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
