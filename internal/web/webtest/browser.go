package webtest

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// Browser asks for pages, keeps cookies and follows redirections. Every page of the service that it
// meets goes through Problems. It is for one goroutine; Clone makes another that shares the cookies.
type Browser struct {
	T       testing.TB
	Base    string   // of the service
	Visited []string // every address asked for, also by redirections
	Jar     http.CookieJar
}

// NewBrowser returns a browser without cookies.
func NewBrowser(t testing.TB, base string) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{T: t, Base: base, Jar: jar}
}

// Clone returns another tab: the same cookies, its own history.
func (b *Browser) Clone() *Browser { return &Browser{T: b.T, Base: b.Base, Jar: b.Jar} }

// Cookie returns the value of a cookie of the service, or nothing.
func (b *Browser) Cookie(name string) string {
	base, err := url.Parse(b.Base)
	if err != nil {
		b.T.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(base) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// Do sends a request and follows redirections.
func (b *Browser) Do(r *http.Request) *Page {
	b.T.Helper()
	b.Visited = append(b.Visited, r.URL.String())
	client := http.Client{Jar: b.Jar, Timeout: 30 * time.Second, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		b.Visited = append(b.Visited, next.URL.String())
		if len(via) > 10 {
			return fmt.Errorf("redirected without end")
		}
		return nil
	}}
	answer, err := client.Do(r)
	if err != nil {
		b.T.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.T.Fatal(err)
	}
	p := &Page{T: b.T, Status: answer.StatusCode, URL: answer.Request.URL, Header: answer.Header, Body: string(body), Root: &Node{}}
	if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") && r.Method != http.MethodHead {
		p.read(strings.HasPrefix(p.URL.String(), b.Base))
	}
	return p
}

// Request makes a request to the service.
func (b *Browser) Request(method, path string, form url.Values) *http.Request {
	b.T.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = b.Base + path
	}
	r, err := http.NewRequestWithContext(b.T.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.T.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return r
}

// Get asks for a page.
func (b *Browser) Get(path string) *Page {
	b.T.Helper()
	return b.Do(b.Request(http.MethodGet, path, nil))
}

// Post sends a form.
func (b *Browser) Post(path string, form url.Values) *Page {
	b.T.Helper()
	return b.Do(b.Request(http.MethodPost, path, form))
}

// Page is an answer; Root is empty when it is not HTML.
type Page struct {
	T      testing.TB
	Status int
	URL    *url.URL
	Header http.Header
	Body   string
	Root   *Node
}

func (p *Page) read(ours bool) {
	p.T.Helper()
	root, err := Parse(p.Body)
	if err != nil {
		p.T.Fatalf("%s: not well formed: %v", p.URL.Path, err)
	}
	p.Root = root
	if !ours {
		return
	}
	for _, problem := range Problems(root) {
		p.T.Errorf("%s (%d): %s", p.URL.Path, p.Status, problem)
	}
}

// Want fails unless the page has a status and says these texts.
func (p *Page) Want(status int, texts ...string) *Page {
	p.T.Helper()
	if p.Status != status {
		p.T.Fatalf("%s answers %d, not %d: %s", p.URL.Path, p.Status, status, p.Root.Content())
	}
	for _, text := range texts {
		if !p.Says(text) {
			p.T.Errorf("%s does not say %q: %s", p.URL.Path, text, p.Root.Content())
		}
	}
	return p
}

// Not fails when the page says one of these texts.
func (p *Page) Not(texts ...string) *Page {
	p.T.Helper()
	for _, text := range texts {
		if p.Says(text) {
			p.T.Errorf("%s says %q", p.URL.Path, text)
		}
	}
	return p
}

// Says tells whether a text stands on the page, whatever its spaces.
func (p *Page) Says(text string) bool {
	content := p.Root.Content()
	if len(p.Root.Children) == 0 {
		content = p.Body
	}
	fold := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return strings.Contains(fold(content), fold(text))
}

// H1 is the heading of the page.
func (p *Page) H1() string {
	for _, h := range p.Root.Tags("h1") {
		return h.Content()
	}
	return ""
}

// Row is the value of a line of a summary by its key, or nothing.
func (p *Page) Row(key string) string {
	for _, row := range p.Root.All(func(n *Node) bool { return n.Attr("data-key") == key }) {
		for _, dd := range row.Tags("dd") {
			return dd.Content()
		}
	}
	return ""
}

// Link is the address of the first link whose text starts so, or nothing.
func (p *Page) Link(text string) string {
	for _, a := range p.Root.Tags("a") {
		if strings.HasPrefix(a.Content(), text) {
			return a.Attr("href")
		}
	}
	return ""
}

// Error is the sentence beside a field, or nothing.
func (p *Page) Error(field string) string {
	if n := p.Root.ByID(field + "-error"); n != nil {
		return strings.TrimSpace(strings.TrimPrefix(n.Content(), "Erreur :"))
	}
	return ""
}

// Questions are the values of the boxes that confirm something unusual, by field.
func (p *Page) Questions() map[string]string {
	found := map[string]string{}
	for _, n := range p.Root.All(func(n *Node) bool { return n.Attr("name") == "confirmed" && n.Attr("type") == "checkbox" }) {
		for g := n.Parent; g != nil; g = g.Parent {
			if field, ok := strings.CutSuffix(g.Attr("id"), "-question"); ok {
				found[field] = n.Attr("value")
			}
		}
	}
	return found
}

// Form is a form of a page with what it would send.
type Form struct {
	page   *Page
	Action string
	Values url.Values
}

// Form returns the form that holds a field, as the browser would send it untouched.
func (p *Page) Form(field string) *Form {
	p.T.Helper()
	for _, n := range p.Root.Tags("form") {
		if len(n.All(func(c *Node) bool { return c.Attr("name") == field })) > 0 {
			return &Form{page: p, Action: n.Attr("action"), Values: initial(n)}
		}
	}
	p.T.Fatalf("%s (%d) has no form with %s: %s", p.URL.Path, p.Status, field, p.Root.Content())
	return nil
}

// initial is what a form sends untouched, without a button.
func initial(form *Node) url.Values {
	values := url.Values{}
	for _, n := range form.Tags("input", "select") {
		name := n.Attr("name")
		switch kind := n.Attr("type"); {
		case n.Tag == "select":
			options := n.Tags("option")
			chosen := slices.IndexFunc(options, func(o *Node) bool { return o.Has("selected") })
			values.Set(name, options[max(0, chosen)].Attr("value"))
		case kind != "radio" && kind != "checkbox", n.Has("checked"):
			values.Add(name, n.Attr("value"))
		}
	}
	return values
}

// Fill sets fields, by name and value in turn.
func (f *Form) Fill(pairs ...string) *Form {
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Values.Set(pairs[i], pairs[i+1])
	}
	return f
}

// SendFile sends the form by the button that brings a file, as a browser does.
func (f *Form) SendFile(b *Browser, button, field, name string, file []byte) *Page {
	b.T.Helper()
	action, err := f.page.URL.Parse(f.Action)
	if err != nil {
		b.T.Fatal(err)
	}
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	write := func(part io.Writer, err error, content []byte) {
		b.T.Helper()
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			b.T.Fatal(err)
		}
	}
	if name == "" { // a browser sends a field without a file so
		part, err := parts.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + field + `"; filename=""`}, "Content-Type": {"application/octet-stream"}})
		write(part, err, nil)
	} else {
		part, err := parts.CreateFormFile(field, name)
		write(part, err, file)
	}
	for value, all := range f.Values {
		for _, one := range all {
			if value != field {
				part, err := parts.CreateFormField(value)
				write(part, err, []byte(one))
			}
		}
	}
	part, err := parts.CreateFormField("faire")
	write(part, err, []byte(button))
	if err := parts.Close(); err != nil {
		b.T.Fatal(err)
	}
	r := b.Request(http.MethodPost, action.String(), nil)
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(&body), int64(body.Len()), nil
	r.Header.Set("Content-Type", parts.FormDataContentType())
	return b.Do(r)
}

// Send sends the form.
func (f *Form) Send(b *Browser) *Page {
	b.T.Helper()
	action, err := f.page.URL.Parse(f.Action)
	if err != nil {
		b.T.Fatal(err)
	}
	return b.Post(action.String(), f.Values)
}
