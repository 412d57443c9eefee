package web

import "testing"

func TestFilesAreAsLargeAsProgramsSay(t *testing.T) {
	for size, want := range map[int64]string{
		999_999: "999\u202f999\u00a0octets", 1_000_000: "1,0\u00a0Mo (1\u202f000\u202f000\u00a0octets)",
		4_738_009: "4,7\u00a0Mo (4\u202f738\u202f009\u00a0octets)", 1_250_000_000: "1\u202f250,0\u00a0Mo (1\u202f250\u202f000\u202f000\u00a0octets)",
	} {
		if got := sizeText(size); got != want {
			t.Errorf("%d: %q", size, got)
		}
	}
}
