package model

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/directive"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/load"
)

// structOf builds a struct, once for a store; use is the place to blame.
func (b *builder) structOf(named *types.Named, use token.Pos) *Struct {
	identity := types.TypeString(named, nil)
	if s, ok := b.structs[identity]; ok {
		return s
	}
	spec, pkg := b.program.Lookup(named.Obj())
	var literal *ast.StructType
	if spec != nil {
		literal, _ = spec.Type.(*ast.StructType)
	}
	under, _ := named.Underlying().(*types.Struct)
	if basic, ok := named.Underlying().(*types.Basic); ok && basic.Kind() == types.Invalid {
		return nil // the type checker has said why
	}
	if literal == nil || under == nil {
		b.errs.Add(use, "%s must be declared as a struct, with its fields written out", named.Obj().Name())
		return nil
	}
	names := 0
	for _, f := range literal.Fields.List {
		names += len(load.Names(f))
	}
	if names != under.NumFields() {
		return nil // the type checker has dropped a field, and said why
	}
	if hidden := unexported(under); hidden != "" && pkg != b.pkg {
		way := "convert it to a type of your own, such as a string"
		if hasForm(named, "Text") {
			way = "store the text that it makes of itself with `committable:\",text\"`"
		}
		b.errs.Add(use, "%s.%s has a field that is not exported, %s, so that this package cannot store it: "+
			"%s; or leave the field out with `committable:\"-\"`", pkg.Name, named.Obj().Name(), hidden, way)
		return nil
	}
	s := &Struct{Named: named}
	b.structs[identity] = s
	b.open = append(b.open, named)
	defer func() { b.open = b.open[:len(b.open)-1] }()

	reserved := b.reserved(s, pkg)
	var positions []fieldPosition
	at := 0
	for _, f := range literal.Fields.List {
		tag := directive.ParseTag(f, b.errs)
		if tag.Number.Value != 0 && len(f.Names) > 1 {
			b.errs.Add(tag.Number.Pos, "a number is for one field: declare %s on lines of their own", fieldNames(f))
		}
		for _, id := range load.Names(f) {
			if id.Name == "_" && tag.Number.Value != 0 {
				b.errs.Add(tag.Number.Pos, "fields named _ are not stored: to keep the number free, use //committable:reserved %d", tag.Number.Value)
			}
			v := under.Field(at)
			at++
			m := &Member{Name: id.Name, Embedded: len(f.Names) == 0}
			s.Literal = append(s.Literal, m)
			if tag.Omit || id.Name == "_" {
				m.Expr = f.Type
				m.Import = func(name string) (string, bool) { return b.program.ImportPath(pkg, spec, name) }
				m.Home = func(name string) string { return b.program.Home(pkg, name) }
				m.Argument = func(name string) types.Type { return argument(named, name) }
				b.checkLock(m, f.Type.Pos())
				if pkg != b.pkg {
					b.checkOmitted(s, m, use)
				}
				s.Omitted = true
				continue
			}
			m.Field = b.field(s, v, f, id, tag, pkg, use)
			m.Field.Pos, m.Field.Counted = id.Pos(), tag.Number.Value == 0
			s.Fields = append(s.Fields, m.Field)
			positions = append(positions, fieldPosition{id.Pos(), tag.Number.Pos, tag.Number.Value == 0})
			if m.Field.Number == 0 {
				m.Field.Number = len(s.Fields)
			}
		}
	}
	b.numbers(s, positions, reserved)
	if len(s.Fields) == 0 {
		b.errs.Add(use, "%s has no field to store; leave it out with `committable:\"-\"`", s.Name())
	}
	return s
}

// argument returns what a type parameter of a generic type stands for in an
// instance of it.
func argument(named *types.Named, parameter string) types.Type {
	for i, p := range slices.Collect(named.TypeParams().TypeParams()) {
		if p.Obj().Name() == parameter && named.TypeArgs().Len() > i {
			return named.TypeArgs().At(i)
		}
	}
	return nil
}

// unexported returns the first field of another package's struct that only this
// one can touch.
func unexported(s *types.Struct) string {
	for v := range s.Fields() {
		if !v.Exported() {
			return v.Name()
		}
	}
	return ""
}

// checkLock refuses fields that must not be copied, as rows are.
func (b *builder) checkLock(m *Member, pos token.Pos) {
	sel, ok := m.Expr.(*ast.SelectorExpr)
	if !ok {
		return
	}
	if id, ok := sel.X.(*ast.Ident); ok {
		if path, _ := m.Import(id.Name); path == "sync" || path == "sync/atomic" {
			b.errs.Add(pos, "%s: rows are copied, which a %s.%s must not be: use a pointer to it, or keep it elsewhere", m.Name, id.Name, sel.Sel.Name)
		}
	}
}

// checkOmitted checks that guards can name the type of a field that another
// package's struct leaves out.
func (b *builder) checkOmitted(s *Struct, m *Member, use token.Pos) {
	at := place{pos: use, field: s.Named.Obj().Pkg().Name() + "." + s.Name() + "." + m.Name}
	ast.Inspect(m.Expr, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok {
				if path, ok := m.Import(id.Name); ok && !importable(b.pkg.Path, path) {
					b.refuse(at, "package %s is internal, so that this package cannot import it", path)
				}
			}
			return false
		case *ast.Ident:
			if !n.IsExported() && types.Universe.Lookup(n.Name) == nil {
				b.refuse(at, "type %s is not exported, so that this package cannot name it", n.Name)
			}
		case *ast.StructType, *ast.InterfaceType, *ast.FuncType:
			b.refuse(at, "a type without a name cannot be compared from another package: declare one for it")
			return false
		}
		return true
	})
}

func fieldNames(f *ast.Field) string {
	var list []string
	for _, id := range f.Names {
		list = append(list, id.Name)
	}
	return strings.Join(list, ", ")
}

func (b *builder) field(s *Struct, v *types.Var, f *ast.Field, id *ast.Ident, tag directive.Tag, pkg *load.Package, use token.Pos) *Field {
	field := &Field{Name: id.Name, Number: tag.Number.Value, Max: tag.Max.Value}
	where := place{pos: f.Type.Pos(), field: id.Name, tag: &tag, used: new(options)}
	if pkg != b.pkg {
		// The user cannot change another package as easily as the place where
		// it is used.
		where.pos, where.field = use, s.Named.Obj().Pkg().Name()+"."+s.Name()+"."+id.Name
	}
	field.Type = b.typeOf(v.Type(), where)
	switch {
	case field.Type.Kind == Invalid:
	case field.Max > 0 && !slices.Contains([]Kind{String, Bytes, List, Map}, field.Type.Kind):
		b.errs.Add(tag.Max.Pos, "max= bounds the length of strings, slices and maps, and %s is none of them", id.Name)
	case tag.Float.Given && !where.used.float:
		b.errs.Add(tag.Float.Pos, "%s contains no float", id.Name)
	case tag.Text.Given && !where.used.text:
		b.errs.Add(tag.Text.Pos, "there is nothing in %s with its own UnmarshalText, and AppendText or MarshalText", id.Name)
	}
	return field
}

// reserved reads the reserved numbers of a struct.
func (b *builder) reserved(s *Struct, pkg *load.Package) []directive.Number {
	a := b.program.Annotation(pkg, s.Named.Obj().Name())
	if a == nil {
		return nil
	}
	for _, n := range a.Reserved {
		if slices.Contains(s.Reserved, n.Value) {
			b.errs.Add(n.Pos, "number %d is reserved twice", n.Value)
		}
		s.Reserved = append(s.Reserved, n.Value)
	}
	slices.Sort(s.Reserved)
	return a.Reserved
}

type fieldPosition struct {
	name, number token.Pos
	counted      bool // the number is the field's position
}

// numbers checks that the numbers of a struct's fields are different and not
// reserved.
func (b *builder) numbers(s *Struct, positions []fieldPosition, reserved []directive.Number) {
	owner := make(map[int]*Field)
	for i, f := range s.Fields {
		at, how := positions[i].number, ""
		if positions[i].counted {
			at, how = positions[i].name, "by its position "
		}
		switch {
		case f.Counted && b.unnumbered: // it will get another
		case slices.Contains(s.Reserved, f.Number):
			b.errs.Add(at, "%s %shas number %d, which is reserved; tag it `committable:%q`", f.Name, how, f.Number, s.free())
		case owner[f.Number] != nil:
			b.errs.Add(at, "%s %shas number %d, as %s has; tag it `committable:%q`", f.Name, how, f.Number, owner[f.Number].Name, s.free())
		default:
			owner[f.Number] = f
		}
	}
}

// free returns a number that no field has and that is not reserved.
func (s *Struct) free() string {
	used := slices.Clone(s.Reserved)
	for _, f := range s.Fields {
		used = append(used, f.Number)
	}
	return strconv.Itoa(directive.FreeNumber(used))
}
