// Package webtest tries the pages without a browser engine: it asks for them over HTTP as a browser
// does, reads their forms, fills and sends them, and looks at every page it meets for what a browser
// would repair in silence (tags left open, identifiers twice, links that lead nowhere). Its own tests
// are the guards that every route goes through and the journeys of the service. Only tests may import it.
package webtest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Node is an element of a page, or a text (then Tag is empty).
type Node struct {
	Tag      string
	Attrs    []xml.Attr
	Text     string
	Parent   *Node
	Children []*Node
}

// Attr returns an attribute, or nothing.
func (n *Node) Attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// Has tells whether an attribute is there.
func (n *Node) Has(name string) bool {
	return slices.ContainsFunc(n.Attrs, func(a xml.Attr) bool { return a.Name.Local == name })
}

// All returns the elements below that match, in the order of the page.
func (n *Node) All(match func(*Node) bool) []*Node {
	found := []*Node{}
	for _, c := range n.Children {
		if c.Tag != "" && match(c) {
			found = append(found, c)
		}
		found = append(found, c.All(match)...)
	}
	return found
}

// Tags returns the elements below of these tags, in the order of the page.
func (n *Node) Tags(tags ...string) []*Node {
	return n.All(func(c *Node) bool { return slices.Contains(tags, c.Tag) })
}

// ByID returns the element of an identifier, or nil.
func (n *Node) ByID(id string) *Node {
	for _, c := range n.All(func(c *Node) bool { return c.Has("id") && c.Attr("id") == id }) {
		return c
	}
	return nil
}

// Content is the text below, spaces folded.
func (n *Node) Content() string {
	var b strings.Builder
	n.write(&b)
	return strings.Join(strings.Fields(b.String()), " ")
}

func (n *Node) write(b *strings.Builder) {
	b.WriteString(n.Text)
	for _, c := range n.Children {
		c.write(b)
		if c.Tag != "" {
			b.WriteByte(' ')
		}
	}
}

// inside tells whether an element stands in one of these tags.
func (n *Node) inside(tags ...string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if slices.Contains(tags, p.Tag) {
			return true
		}
	}
	return false
}

// void elements have no content and no end tag.
var void = []string{"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}

// Parse reads a page, strictly: every element closed in its place, no attribute twice, no character that
// HTML does not have. It is not for pages of others.
func Parse(body string) (*Node, error) {
	d := xml.NewDecoder(strings.NewReader(body))
	d.Strict, d.Entity = false, xml.HTMLEntity
	root := &Node{}
	at := root
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if at, err = at.add(token); err != nil {
			return nil, fmt.Errorf("byte %d: %w", d.InputOffset(), err)
		}
	}
	if at != root {
		return nil, fmt.Errorf("<%s> is left open", at.Tag)
	}
	return root, nil
}

// add puts a token under an element and returns where the next one goes.
func (n *Node) add(token xml.Token) (*Node, error) {
	switch t := token.(type) {
	case xml.CharData:
		n.Children = append(n.Children, &Node{Text: string(t), Parent: n})
	case xml.StartElement:
		c := &Node{Tag: t.Name.Local, Attrs: slices.Clone(t.Attr), Parent: n}
		n.Children = append(n.Children, c)
		seen := map[string]bool{}
		for _, a := range t.Attr {
			if seen[a.Name.Local] {
				return nil, fmt.Errorf("<%s> has %s twice", c.Tag, a.Name.Local)
			}
			seen[a.Name.Local] = true
		}
		if !slices.Contains(void, c.Tag) {
			return c, nil
		}
	case xml.EndElement:
		switch {
		case slices.Contains(void, t.Name.Local): // <br/> is told as a start and an end
		case t.Name.Local != n.Tag:
			return nil, fmt.Errorf("</%s> ends <%s>", t.Name.Local, n.Tag)
		default:
			return n.Parent, nil
		}
	}
	return n, nil
}
