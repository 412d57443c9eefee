package referential

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vaccin/internal/referential/builtin"
	"vaccin/internal/registry"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/unicode/norm"
)

// MaxCampaignFile is the most bytes of a campaign's file, far above what one needs.
const MaxCampaignFile = 64 << 10

// ReadCampaign reads the file of a campaign (docs/formats/campaigns.md). Remarks say what is wrong with it, in the
// order of its lines; with any there is no campaign. Its error is that of a Reader.
func ReadCampaign(s *Source) (registry.Campaign, []Remark, error) {
	text, err := s.campaignText()
	if err != nil {
		return registry.Campaign{}, nil, err
	}
	if line := notUTF8(text); line > 0 {
		return registry.Campaign{}, []Remark{{Line: line, Reason: "Un caractère de cette ligne n’est pas en UTF-8. Enregistrez le fichier en UTF-8, puis recommencez."}}, nil
	}
	if line := tooNested(text); line > 0 {
		return registry.Campaign{}, []Remark{{Line: line, Reason: "Cette ligne emboîte trop de tables\u00a0: ce n’est pas celle d’une campagne."}}, nil
	}
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		return registry.Campaign{}, []Remark{unreadable(text, err)}, nil
	}
	f := campaignFile{lines: keyLines(text), line: map[string]int{}}
	c := f.campaign(tree)
	c, err = registry.DecideCampaign(c)
	f.refused(err)
	if len(f.remarks) > 0 {
		slices.SortStableFunc(f.remarks, func(a, b Remark) int { return a.Line - b.Line })
		return registry.Campaign{}, f.remarks, nil
	}
	return c, nil, nil
}

func (s *Source) campaignText() (string, error) {
	switch {
	case s.Size > MaxCampaignFile:
		return "", invalid("Ce fichier dépasse 64 Kio\u00a0: ce n’est pas celui d’une campagne.")
	case s.Encoding != UTF8:
		return "", invalid("Ce fichier n’est pas en UTF-8. Enregistrez-le en UTF-8, puis recommencez.")
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("reading a campaign: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(s.file, MaxCampaignFile))
	if err != nil {
		return "", fmt.Errorf("reading a campaign: %w", err)
	}
	// Letters with their accents are one character, as a form gives them: the rules know no other.
	return norm.NFC.String(strings.ReplaceAll(strings.TrimLeft(string(text), byteOrderMark), "\r\n", "\n")), nil
}

// notUTF8 is the first line that holds something else, 0 where none does: a file of which one line was copied from another program is not said to be
// written wholly otherwise.
func notUTF8(text string) int {
	number := 0
	for line := range strings.Lines(text) {
		if number++; !utf8.ValidString(line) {
			return number
		}
	}
	return 0
}

// maxNested is the most tables, inline or by dotted keys, that lines may open. A campaign opens none; the library takes gigabytes and half a
// minute for the fifteen thousand that fit into a file.
const maxNested = 100

// unread is what has no structure in a file: texts, of one line or several, and remarks. One that does not end goes on to where the library refuses it.
var unread = regexp.MustCompile(`(?s)"""(?:[^\\]|\\.)*?(?:"{3,}|\z)|'''.*?(?:'{3,}|\z)|"(?:[^"\\\n]|\\[^\n])*\\?(?:"|\n|\z)|'[^'\n]*(?:'|\n|\z)|#[^\n]*`)

// tooNested is the line with which a file opens more tables within one another than a campaign has, 0 where none does. Within a list, braces open
// tables over many lines, and dots more in each of them: from the first brace on, both count together.
func tooNested(text string) int {
	text = unread.ReplaceAllStringFunc(text, func(part string) string { return strings.Repeat("\n", strings.Count(part, "\n")) })
	within, number := 0, 0
	for line := range strings.Lines(text) {
		number++
		dots := strings.Count(line, ".")
		if within += strings.Count(line, "{"); within > 0 {
			within += dots
		}
		if max(within, dots) > maxNested {
			return number
		}
	}
	return 0
}

// unreadable says where a file is no TOML. It does not quote the file: it may be another, with people in it.
func unreadable(text string, err error) Remark {
	var syntax toml.ParseError
	if !errors.As(err, &syntax) {
		return Remark{Reason: "Ce fichier n’est pas du TOML."}
	}
	reason := "Cette ligne ne se lit pas. Écrivez «\u00a0clé = valeur\u00a0»\u00a0: les textes entre guillemets droits, les listes entre crochets, " +
		"les dates sous la forme 2021-01-18, oui et non true et false, sans guillemets."
	if strings.Contains(syntax.Message, "already") {
		reason = "Cette clé est déjà donnée plus haut. Gardez-en une seule\u00a0; un groupe de critères de plus commence par [[groupe]]."
	}
	// Where a line breaks off, the library tells the next one, but its offset is right.
	return Remark{Line: 1 + strings.Count(text[:max(0, min(syntax.Position.Start, len(text)))], "\n"), Reason: reason}
}

// campaignFile is a file being read: what it says that cannot be taken is remarked, and the rest read on, so that all
// is said at once.
type campaignFile struct {
	lines   map[string]int // of each key that a file may have, by its path
	line    map[string]int // of each field of a campaign, as registry names it
	keys    map[string]string
	remarks []Remark
	wrong   map[string]bool // fields about which something is said already
}

// key is a key that a file may have: the field of a campaign that it is, and how its value is taken.
type key[T any] struct {
	field string
	take  func(r *value, into *T)
}

// value is the value of one key.
type value struct {
	file   *campaignFile
	path   string // of the key: nom, groupe.0.residences
	name   string
	field  string
	is     any
	failed bool
}

func (v *value) refuse(format string, args ...any) {
	if !v.failed {
		v.failed = true
		v.file.remark(v.path, v.name, v.field, fmt.Sprintf(format, args...))
	}
}

func (f *campaignFile) remark(path, name, field, reason string) {
	f.remarks = append(f.remarks, Remark{f.lineOf(path), name, reason})
	if f.wrong == nil {
		f.wrong = map[string]bool{}
	}
	f.wrong[field] = true
	if within, ok := strings.CutPrefix(path, "groupe."); ok { // it may have no criterion for that reason only
		number, _, _ := strings.Cut(within, ".")
		f.wrong[number] = true
	}
}

// lineOf is the line of a key or, where it is not known, of what holds it.
func (f *campaignFile) lineOf(path string) int {
	for {
		if line, ok := f.lines[path]; ok {
			return line
		}
		at := strings.LastIndexByte(path, '.')
		if at < 0 {
			return 0
		}
		path = path[:at]
	}
}

func (f *campaignFile) campaign(tree map[string]any) (c registry.Campaign) {
	takeTable(f, tree, "", campaignKeys, func(field string) string { return field }, &c)
	return c
}

// takeTable takes the values of a table. at turns the name of a field into the full one.
func takeTable[T any](f *campaignFile, table map[string]any, prefix string, keys map[string]key[T], at func(string) string, into *T) {
	if f.keys == nil {
		f.keys = map[string]string{}
	}
	for name, k := range keys {
		f.keys[at(k.field)], f.line[at(k.field)] = name, f.lineOf(prefix+name)
	}
	for name, is := range table {
		k, ok := keys[name]
		if !ok {
			f.remark(prefix+name, shortName(name), "", unknownKey(name, keys))
			continue
		}
		k.take(&value{file: f, path: prefix + name, name: name, field: at(k.field), is: is}, into)
	}
}

// shortName is a key as a remark names it; a strange one is not told.
func shortName(name string) string {
	if len(name) > 40 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return ""
	}
	return name
}

const didYouMean = "Cette clé n’existe pas. Vouliez-vous écrire «\u00a0%s\u00a0»\u00a0?"

// unknownKey names the only key that begins as it does or, where there is none, the nearest.
func unknownKey[T any](name string, keys map[string]key[T]) string {
	known := make([]string, 0, len(keys))
	nearest, least := "", len(name)/2+1
	for k := range keys {
		known = append(known, k)
	}
	slices.Sort(known)
	begun := slices.DeleteFunc(slices.Clone(known), func(k string) bool { return !strings.HasPrefix(k, registry.Fold(name)) })
	if len(begun) == 1 && name != "" { // a key cut short is further from its own than from others: age_min from age_au
		return fmt.Sprintf(didYouMean, begun[0])
	}
	for _, k := range known {
		if d := distance(registry.Fold(name), registry.Fold(k)); len(name) <= 40 && d < least {
			nearest, least = k, d
		}
	}
	if nearest != "" {
		return fmt.Sprintf(didYouMean, nearest)
	}
	return "Cette clé n’existe pas. Les clés possibles ici sont\u00a0: " + strings.Join(known, ", ") + "."
}

// distance is the least number of signs to add, take out or change between two short texts.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before, row[j+1] = row[j+1], min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// refused tells the refusals of the domain beside the lines that they are about, but those of fields about which
// something is said already.
func (f *campaignFile) refused(err error) {
	var refusal *registry.Error
	if !errors.As(err, &refusal) {
		return
	}
	for _, field := range refusal.Fields {
		if f.wrong[field.Field] {
			continue
		}
		name, ok := f.keys[field.Field]
		line := f.line[field.Field]
		if !ok { // a group as a whole
			name, line = "groupe", f.lineOf("groupe."+field.Field)
		}
		f.remarks = append(f.remarks, Remark{line, name, field.Message})
	}
}

func (v *value) text() string {
	text, ok := v.is.(string)
	if !ok {
		v.refuse("Écrivez ici un texte entre guillemets droits.")
	}
	return text
}

func (v *value) number(most int64) int {
	n, ok := v.is.(int64)
	if !ok || n < 1 || n > most { // zero would read as not given
		v.refuse("Écrivez ici un nombre entier de 1 à %d, sans guillemets.", most)
		return 0
	}
	return int(n)
}

func (v *value) date() registry.Date {
	at, ok := v.is.(time.Time)
	if !ok || at.Location().String() != "date-local" {
		v.refuse("Écrivez ici une date sous la forme 2021-01-18, sans guillemets ni heure.")
		return registry.Date{}
	}
	day := registry.DateOf(at)
	if day.IsZero() || day.Year < firstYear || day.Year > lastYear {
		v.refuse("L’année de la date n’est pas entre %d et %d.", firstYear, lastYear)
	}
	return day
}

func (v *value) answer() registry.Answer {
	switch v.is {
	case true:
		return registry.AnswerYes
	case false:
		return registry.AnswerNo
	}
	v.refuse("Écrivez ici true (oui) ou false (non), sans guillemets.")
	return 0
}

// list returns the values of a list that holds something, each as take reads it.
func list[T any](v *value, what string, take func(any) (T, bool)) (all []T) {
	values, ok := v.is.([]any)
	if !ok || len(values) == 0 {
		v.refuse("Écrivez ici une liste entre crochets\u00a0: %s.", what)
	}
	var wrong []string // each once, but those of which there is no text
	seen := map[string]bool{}
	for _, is := range values {
		one, ok := take(is)
		if text := written(is); !ok && (text == "" || !seen[text]) {
			wrong, seen[text] = append(wrong, text), true
		}
		all = append(all, one)
	}
	switch len(wrong) {
	case 0:
		return all
	case 1:
		v.refuse("Une valeur de cette liste n’est pas possible. Écrivez-la ainsi\u00a0: %s.%s", what, registry.NotThese(wrong))
	default:
		v.refuse("%d valeurs de cette liste ne sont pas possibles. Écrivez-les ainsi\u00a0: %s.%s", len(wrong), what, registry.NotThese(wrong))
	}
	return nil
}

// written is a value of a list as the file has it; of what is neither a text nor a number, nothing.
func written(is any) string {
	switch is := is.(type) {
	case string:
		return is
	case int64:
		return strconv.FormatInt(is, 10)
	}
	return ""
}

// placeCodes reads a list of codes of places. The letters of Corsica are taken small too, as the page takes them.
func placeCodes(v *value, example string) []string {
	return list(v, example, func(is any) (string, bool) {
		text, ok := is.(string)
		return strings.ToUpper(text), ok
	})
}

// coded reads a list of codes of a closed set.
func coded[T interface{ Code() string }](v *value, all []T, parse func(string) (T, bool)) []T {
	return list(v, codesOf(all), func(is any) (one T, ok bool) {
		text, isText := is.(string)
		if isText {
			one, ok = parse(text)
		}
		return one, ok
	})
}

func codesOf[T interface{ Code() string }](all []T) string {
	quoted := make([]string, 0, len(all))
	for _, one := range all {
		quoted = append(quoted, `"`+one.Code()+`"`)
	}
	return strings.Join(quoted, ", ")
}

// Campaigns returns the campaigns that ship, by phase and rank.
func Campaigns() ([]registry.Campaign, error) {
	files := builtin.Campaigns()
	names, err := fs.Glob(files, "*.toml")
	if err != nil {
		return nil, fmt.Errorf("built-in campaigns: %w", err)
	}
	all := make([]registry.Campaign, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("built-in campaigns: %w", err)
		}
		c, err := builtinCampaign(name, text)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, registry.Campaign.Compare)
	return all, nil
}

func builtinCampaign(name string, text []byte) (registry.Campaign, error) {
	s, err := NewSource(name, strings.NewReader(string(text)))
	if err != nil {
		return registry.Campaign{}, fmt.Errorf("built-in %s: %w", name, err)
	}
	c, remarks, err := ReadCampaign(s)
	switch {
	case err != nil:
		return c, fmt.Errorf("built-in %s: %w", name, err)
	case len(remarks) > 0:
		return c, fmt.Errorf("built-in %s, line %d, %s: %s", name, remarks[0].Line, remarks[0].Column, remarks[0].Reason)
	case CampaignFileName(c.ID) != name:
		return c, fmt.Errorf("built-in %s is the file of %s", name, c.ID)
	}
	return c, nil
}
