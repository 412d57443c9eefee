package webtest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Problems lists what is wrong with a page whatever it is about; none is the aim.
func Problems(root *Node) []string {
	c := &checker{root: root, ids: map[string]int{}}
	for i, n := range root.All(func(*Node) bool { return true }) {
		c.order = append(c.order, n)
		if n.Has("id") {
			c.id(n, i)
		}
	}
	c.frame()
	for _, n := range c.order {
		c.element(n)
	}
	c.errorList()
	return c.problems
}

type checker struct {
	root     *Node
	order    []*Node
	ids      map[string]int // rank of the element on the page
	problems []string
}

func (c *checker) say(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

func (c *checker) id(n *Node, rank int) {
	id := n.Attr("id")
	if _, twice := c.ids[id]; twice || id == "" || strings.ContainsAny(id, " \t\n") {
		c.say("the identifier %q of <%s> is empty, broken or there twice", id, n.Tag)
	}
	c.ids[id] = rank
}

// frame looks at what every page has once.
func (c *checker) frame() {
	for _, tag := range []string{"html", "title", "main", "h1"} {
		if found := c.root.Tags(tag); len(found) != 1 || found[0].Content() == "" {
			c.say("%d <%s>, or an empty one", len(found), tag)
		}
	}
	if html := c.root.Tags("html"); len(html) > 0 && html[0].Attr("lang") != "fr" {
		c.say("the language of the page is not said")
	}
}

// flow are elements that a browser does not leave inside a paragraph.
var flow = []string{
	"p", "div", "ul", "ol", "dl", "table", "form", "fieldset", "section", "nav", "header", "footer", "h1", "h2", "h3",
}

func (c *checker) element(n *Node) {
	if slices.Contains(flow, n.Tag) && n.inside("p") {
		c.say("<%s> stands in a paragraph", n.Tag)
	}
	if n.Tag == "form" && n.inside("form") || n.Tag == "a" && n.inside("a", "button") {
		c.say("<%s> stands in another", n.Tag)
	}
	if n.Tag == "caption" && strings.HasPrefix(n.Content(), "Du plus ") { // the region it names is in a list of those of the page
		c.say("the caption « %s » says in what order a table is, and not of what", n.Content())
	}
	for _, a := range n.Attrs {
		name := a.Name.Local
		if name == "style" || strings.HasPrefix(name, "on") {
			c.say("<%s> has %s, which the security policy forbids", n.Tag, name)
		}
		if name == "for" || strings.HasPrefix(name, "aria-") && (strings.HasSuffix(name, "by") || name == "aria-controls") {
			for _, id := range strings.Fields(a.Value) {
				if _, ok := c.ids[id]; !ok {
					c.say("%s of <%s> names %q, which is not there", name, n.Tag, id)
				}
			}
		}
	}
	switch n.Tag {
	case "style":
		c.say("a style stands on the page")
	case "script":
		if n.Content() != "" {
			c.say("a script stands on the page")
		}
	case "a":
		c.link(n)
	case "input", "select", "textarea":
		c.control(n)
	case "button":
		if n.Content() == "" {
			c.say("a button says nothing")
		}
	}
}

func (c *checker) link(n *Node) {
	address := n.Attr("href")
	if address == "" || n.Content() == "" {
		c.say("a link leads nowhere or says nothing: %q %q", address, n.Content())
	}
	if id, here := strings.CutPrefix(address, "#"); here {
		if _, ok := c.ids[id]; !ok {
			c.say("the link « %s » leads to %q, which is not on the page", n.Content(), id)
		}
	}
}

// control asks of a field a name, a label, and what is said about it to be tied to it.
func (c *checker) control(n *Node) {
	name, id := n.Attr("name"), n.Attr("id")
	if name == "" || !n.inside("form") {
		c.say("a field without a name or a form: %q", id)
	}
	if n.Attr("type") == "hidden" {
		return
	}
	labels := c.root.All(func(l *Node) bool { return l.Tag == "label" && l.Attr("for") == id && l.Content() != "" })
	if id == "" || len(labels) != 1 {
		c.say("the field %s has %d labels", name, len(labels))
	}
	if c.root.ByID(name+"-error") != nil && !c.told(n, name+"-error") {
		c.say("the error of %s is not tied to it", name)
	}
}

// told tells whether an element, or the group of fields it stands in, is described by another.
func (c *checker) told(n *Node, id string) bool {
	for ; n != nil; n = n.Parent {
		if slices.Contains(strings.Fields(n.Attr("aria-describedby")), id) {
			return true
		}
	}
	return false
}

// errorList asks that what is to be corrected be listed in the order of the page.
func (c *checker) errorList() {
	last := -1
	for _, list := range c.root.All(func(n *Node) bool { return strings.Contains(n.Attr("class"), "govuk-error-summary__list") }) {
		for _, a := range list.Tags("a") {
			id := strings.TrimPrefix(a.Attr("href"), "#")
			c.listed(id, a.Content())
			rank := c.ids[id]
			if rank < last {
				c.say("« %s » is listed after what stands below it", a.Content())
			}
			last = rank
		}
	}
}

// ofGroup asks that the list say of which group of a campaign's criteria a field is, for several may have the same to correct. It returns
// what the list says beside that.
func (c *checker) ofGroup(number, said, name string) string {
	group, _ := strconv.Atoi(number)
	own, told := "roupe "+strconv.Itoa(group+1), strings.ReplaceAll(name, "\u00a0", " ")
	if told == "G"+own+" : " {
		return ""
	}
	if !strings.Contains(told, "(g"+own+")") {
		c.say("« %s » is listed without saying of which group", said)
	}
	return name
}

// listed asks that the list say of a field what stands beside it, and first, where that does not name the field, by what label it is known.
func (c *checker) listed(id, said string) {
	beside := c.root.ByID(id + "-error")
	if beside == nil {
		return
	}
	message := strings.TrimSpace(strings.TrimPrefix(beside.Content(), "Erreur :"))
	name, ends := strings.CutSuffix(said, message)
	if !ends {
		c.say("« %s » is listed of %s, and « %s » stands beside it", said, id, message)
	}
	if number, _, _ := strings.Cut(id, "."); number != "" && strings.Trim(number, "0123456789") == "" {
		if name = c.ofGroup(number, said, name); name == "" {
			return
		}
	}
	if name == "" {
		if nameless.MatchString(message) {
			c.say("« %s » is listed without saying of which field", said)
		}
		return
	}
	name, _, _ = strings.Cut(strings.TrimRight(name, "\u00a0: "), " (groupe")
	known := c.root.All(func(l *Node) bool {
		return l.Tag == "label" && l.Attr("for") == id && strings.HasPrefix(l.Content(), name)
	})
	if name == "" || len(known) == 0 {
		c.say("« %s » names %s otherwise than its label", said, id)
	}
}

// nameless is how sentences begin that are about any text or date.
var nameless = regexp.MustCompile(`^(Ce champ|Ce texte|Saisissez ce|Le caractère «|Un nom|Cette date n’existe|Écrivez la date|Écrivez l’année)`)
