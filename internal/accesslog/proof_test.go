package accesslog

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func proven(t failing) (Proof, Verifiers) {
	b := newBook(t, 300, 300)
	s := &shelf{nodes: map[Node]Hash{}}
	for _, l := range b.leaves {
		s.leaves = append(s.leaves, l.Hash)
	}
	for _, n := range b.nodes {
		s.nodes[Node{Level: n.Level, End: n.End}] = n.Hash
	}
	hashes, err := ProveInclusion(300, 123, s)
	if err != nil {
		t.Fatal(err)
	}
	return Proof{Position: 123, Entry: b.rows[247].Encode(), Hashes: hashes, Head: string(b.kept[0])}, b.trust
}

func TestAProofHoldsByItself(t *testing.T) {
	p, trust := proven(t)
	var file bytes.Buffer
	if err := WriteProof(&file, p); err != nil {
		t.Fatal(err)
	}
	text := file.String()
	read, err := ReadProof(&file)
	if err != nil {
		t.Fatal(err)
	}
	e, head, err := read.Check(trust)
	if err != nil || e.Num != 247 || head.Size != 300 {
		t.Errorf("%+v, %+v, %v", e, head, err)
	}
	for _, bad := range []string{"", "{}{}", text + text, strings.Replace(text, `"head"`, `"tail"`, 1), text[:len(text)/2]} {
		if _, err := ReadProof(strings.NewReader(bad)); !errors.Is(err, ErrProof) {
			t.Errorf("%.20q is read: %v", bad, err)
		}
	}
}

func TestAProofOfAnythingElseFails(t *testing.T) {
	_, other := keys(t)
	for name, spoil := range map[string]func(*Proof){
		"another entry":    func(p *Proof) { p.Entry = bytes.Replace(p.Entry, []byte("found"), []byte("bound"), 1) },
		"no entry":         func(p *Proof) { p.Entry = nil },
		"another place":    func(p *Proof) { p.Position++ },
		"a place beyond":   func(p *Proof) { p.Position = 300 },
		"a place before":   func(p *Proof) { p.Position = -1 },
		"a hash too few":   func(p *Proof) { p.Hashes = p.Hashes[1:] },
		"a hash too many":  func(p *Proof) { p.Hashes = append(p.Hashes, Hash{}) },
		"another hash":     func(p *Proof) { p.Hashes[2][0]++ },
		"a changed head":   func(p *Proof) { p.Head = strings.Replace(p.Head, "300", "301", 1) },
		"an unsigned head": func(p *Proof) { p.Head = textOf([]byte(p.Head)) },
	} {
		p, trust := proven(t)
		spoil(&p)
		if _, _, err := p.Check(trust); err == nil {
			t.Errorf("%s is proven", name)
		}
	}
	p, _ := proven(t)
	if _, _, err := p.Check(other); !errors.Is(err, ErrSignature) {
		t.Errorf("by another key: %v", err)
	}
}

func FuzzReadProof(f *testing.F) {
	p, trust := proven(f)
	var file bytes.Buffer
	if err := WriteProof(&file, p); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add([]byte(`{"position":-1,"entry":"","hashes":[],"head":""}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		read, err := ReadProof(bytes.NewReader(b))
		if err != nil {
			return
		}
		if e, _, err := read.Check(trust); err == nil && (e.Num != 247 || read.Position != 123) {
			t.Errorf("position %d is proven to hold %d", read.Position, e.Num)
		}
	})
}
