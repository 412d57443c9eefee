package document

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
	s.elements = append(s.elements, element{role: role, parent: parent, page: s.page, attributes: attributes})
	s.open = append(s.open, index)
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
	for i, e := range s.elements {
		f.begin(first + i)
		f.WriteString("<</Type/StructElem/S/" + e.role + "/P ")
		if e.parent < 0 {
			f.ref(root)
		} else {
			f.ref(first + e.parent)
		}
		f.WriteString("/Pg ")
		f.ref(pages[e.page])
		f.WriteString(e.attributes + "/K[")
		for n, kid := range e.kids {
			if n > 0 {
				f.WriteByte(' ')
			}
			switch {
			case kid.element >= 0:
				f.ref(first + kid.element)
			case kid.page == e.page:
				f.int(kid.mark)
			default: // of a page that the element goes on to
				f.WriteString("<</Type/MCR/Pg ")
				f.ref(pages[kid.page])
				f.WriteString("/MCID ")
				f.int(kid.mark)
				f.WriteString(">>")
			}
		}
		f.WriteString("]>>")
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
