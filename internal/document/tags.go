package document

import "strconv"

// structure is the tree of tags that lets a screen reader say what is a heading,
// a table or a picture, and in which order to read (ISO 32000-1, 14.7 and 14.8).
// Elements are kept in reading order; content refers to them by marks.
type structure struct {
	elements []element
	open     []int   // elements being filled, innermost last
	page     int     // the page being drawn
	owners   [][]int // by page and mark: the element that the marked content belongs to
}

// element is one tag.
type element struct {
	role       string // Document, H1, Table, P, …
	parent     int
	page       int // where it begins
	kids       []kid
	attributes string // further dictionary entries, already encoded
}

// kid is what stands under an element: another one, or content of a page.
type kid struct {
	element int // -1 for content
	page    int
	mark    int
}

// begin opens an element inside the one that is open, or as the root.
func (s *structure) begin(role, attributes string) {
	parent := -1
	index := len(s.elements)
	if len(s.open) > 0 {
		parent = s.open[len(s.open)-1]
		s.elements[parent].kids = append(s.elements[parent].kids, kid{element: index})
	}
	var kids []kid
	if index < cap(s.elements) { // of an element that was there before reset
		kids = s.elements[:index+1][index].kids[:0]
	}
	s.elements = append(s.elements, element{role: role, parent: parent, page: s.page, kids: kids, attributes: attributes})
	s.open = append(s.open, index)
}

// reset empties the tree for another document of one page, and keeps its room.
func (s *structure) reset() {
	s.elements, s.open, s.page = s.elements[:0], s.open[:0], 0
	if len(s.owners) > 0 {
		s.owners = append(s.owners[:0], s.owners[0][:0])
	}
}

// end closes the innermost open element.
func (s *structure) end() { s.open = s.open[:len(s.open)-1] }

// role is that of the innermost open element.
func (s *structure) role() string { return s.elements[s.open[len(s.open)-1]].role }

// mark gives out the number under which the next content of the page belongs to
// the innermost open element.
func (s *structure) mark() int {
	for len(s.owners) <= s.page {
		s.owners = append(s.owners, nil)
	}
	mark := len(s.owners[s.page])
	owner := s.open[len(s.open)-1]
	s.owners[s.page] = append(s.owners[s.page], owner)
	s.elements[owner].kids = append(s.elements[owner].kids, kid{element: -1, page: s.page, mark: mark})
	return mark
}

// write writes the tree for a document of these pages (numbers of objects) and
// returns the number of its root, to be named in the catalog. Page n must say
// /StructParents n.
func (s *structure) write(f *file, pages []int) int {
	root := f.reserve()
	first := len(f.offsets) + 1 // element i becomes object first+i
	for range s.elements {
		f.reserve()
	}
	for i := range s.elements {
		f.begin(first + i)
		f.Write(s.appendElement(f.AvailableBuffer(), i, root, first, pages))
		f.end()
	}
	// The parent tree leads back from the marks of each page to their elements.
	f.begin(root)
	f.WriteString("<</Type/StructTreeRoot/K ")
	f.ref(first)
	f.WriteString("/ParentTreeNextKey ")
	f.int(len(s.owners))
	f.WriteString("/ParentTree<</Nums[")
	for page, owners := range s.owners {
		f.int(page)
		f.WriteByte('[')
		for n, owner := range owners {
			if n > 0 {
				f.WriteByte(' ')
			}
			f.ref(first + owner)
		}
		f.WriteByte(']')
	}
	f.WriteString("]>>>>")
	f.end()
	return root
}

// appendElement writes an element as the dictionary of an object. Above the outermost stands the object root, and
// element i is the object first+i.
func (s *structure) appendElement(out []byte, i, root, first int, pages []int) []byte {
	e := &s.elements[i]
	parent := root
	if e.parent >= 0 {
		parent = first + e.parent
	}
	out = append(append(append(out, "<</Type/StructElem/S/"...), e.role...), "/P "...)
	out = append(appendRef(out, parent), "/Pg "...)
	out = append(appendRef(out, pages[e.page]), e.attributes...)
	out = append(out, "/K["...)
	for n, kid := range e.kids {
		if n > 0 {
			out = append(out, ' ')
		}
		switch {
		case kid.element >= 0:
			out = appendRef(out, first+kid.element)
		case kid.page == e.page:
			out = strconv.AppendInt(out, int64(kid.mark), 10)
		default: // of a page that the element goes on to
			out = appendRef(append(out, "<</Type/MCR/Pg "...), pages[kid.page])
			out = strconv.AppendInt(append(out, "/MCID "...), int64(kid.mark), 10)
			out = append(out, ">>"...)
		}
	}
	return append(out, "]>>"...)
}

// appendRef appends a reference to an object.
func appendRef(out []byte, number int) []byte {
	return append(strconv.AppendInt(out, int64(number), 10), " 0 R"...)
}
