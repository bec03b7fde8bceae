package emit

import (
	"go/ast"
	"go/types"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// typ writes a type that is stored.
func typ(t types.Type) *jen.Statement {
	switch t := t.(type) {
	case *types.Alias:
		return name(t.Obj()).Add(arguments(t.TypeArgs()))
	case *types.Named:
		return name(t.Obj()).Add(arguments(t.TypeArgs()))
	case *types.Slice:
		return jen.Index().Add(typ(t.Elem()))
	case *types.Array:
		return jen.Index(jen.Lit(int(t.Len()))).Add(typ(t.Elem()))
	case *types.Pointer:
		return jen.Op("*").Add(typ(t.Elem()))
	case *types.Map:
		return jen.Map(typ(t.Key())).Add(typ(t.Elem()))
	default:
		return jen.Id(t.String())
	}
}

func name(obj *types.TypeName) *jen.Statement {
	if obj.Pkg() == nil {
		return jen.Id(obj.Name())
	}
	return jen.Qual(obj.Pkg().Path(), obj.Name())
}

// arguments writes the type arguments of an instance.
func arguments(list *types.TypeList) *jen.Statement {
	var args []jen.Code
	for t := range list.Types() {
		args = append(args, typ(t))
	}
	if len(args) == 0 {
		return jen.Null()
	}
	return jen.Types(args...)
}

// row is the type of the row.
func (w *writer) row() *jen.Statement { return jen.Id(w.store.Row.Name()) }

// key is the type of the key.
func (w *writer) key() *jen.Statement {
	if len(w.store.Key) > 1 {
		return jen.Id(w.store.KeyType())
	}
	return typ(w.store.Key[0].Type.Go)
}

// literal writes a struct type with all fields that it declares, stored or not.
func (w *writer) literal(s *model.Struct) *jen.Statement {
	return jen.StructFunc(func(g *jen.Group) {
		for _, m := range s.Literal {
			var t *jen.Statement
			if m.Field != nil {
				t = typ(m.Field.Type.Go)
			} else {
				t = expr(m.Expr, m)
			}
			if m.Embedded {
				g.Add(t)
			} else {
				g.Id(m.Name).Add(t)
			}
		}
	})
}

// expr writes the type of a field that is not stored, as its source does. Such a
// type may be anything, even one that is yet to be generated.
func expr(e ast.Expr, m *model.Member) *jen.Statement {
	sub := func(e ast.Expr) *jen.Statement {
		if e == nil {
			return jen.Null()
		}
		return expr(e, m)
	}
	switch e := e.(type) {
	case *ast.Ident:
		if arg := m.Argument(e.Name); arg != nil {
			return typ(arg)
		}
		if types.Universe.Lookup(e.Name) != nil {
			return jen.Id(e.Name)
		}
		return jen.Qual(m.Home(e.Name), e.Name)
	case *ast.BasicLit:
		return jen.Id(e.Value)
	case *ast.ParenExpr:
		return jen.Parens(sub(e.X))
	case *ast.SelectorExpr:
		if id, ok := e.X.(*ast.Ident); ok {
			if p, ok := m.Import(id.Name); ok {
				return jen.Qual(p, e.Sel.Name)
			}
		}
		return sub(e.X).Dot(e.Sel.Name)
	case *ast.StarExpr:
		return jen.Op("*").Add(sub(e.X))
	case *ast.ArrayType:
		return jen.Index(sub(e.Len)).Add(sub(e.Elt))
	case *ast.MapType:
		return jen.Map(sub(e.Key)).Add(sub(e.Value))
	case *ast.Ellipsis:
		return jen.Op("...").Add(sub(e.Elt))
	case *ast.ChanType:
		switch e.Dir {
		case ast.SEND:
			return jen.Chan().Op("<-").Add(sub(e.Value))
		case ast.RECV:
			return jen.Op("<-").Chan().Add(sub(e.Value))
		default:
			return jen.Chan().Add(sub(e.Value))
		}
	case *ast.IndexExpr:
		return sub(e.X).Index(sub(e.Index))
	case *ast.IndexListExpr:
		var args []jen.Code
		for _, i := range e.Indices {
			args = append(args, sub(i))
		}
		return sub(e.X).Types(args...)
	case *ast.CallExpr:
		var args []jen.Code
		for _, a := range e.Args {
			args = append(args, sub(a))
		}
		return sub(e.Fun).Call(args...)
	case *ast.UnaryExpr:
		return jen.Op(e.Op.String()).Add(sub(e.X))
	case *ast.BinaryExpr:
		return sub(e.X).Op(e.Op.String()).Add(sub(e.Y))
	case *ast.FuncType:
		return jen.Func().Params(parameters(e.Params, sub)...).Params(parameters(e.Results, sub)...)
	case *ast.StructType:
		return jen.Struct(members(e.Fields, false, sub)...)
	case *ast.InterfaceType:
		return jen.Interface(members(e.Methods, true, sub)...)
	default:
		return jen.Null()
	}
}

// parameters writes the types of parameters, once for every name.
func parameters(fields *ast.FieldList, sub func(ast.Expr) *jen.Statement) []jen.Code {
	var out []jen.Code
	if fields == nil {
		return nil
	}
	for _, f := range fields.List {
		for range max(1, len(f.Names)) {
			out = append(out, sub(f.Type))
		}
	}
	return out
}

// members writes the fields of a struct or the methods of an interface.
func members(fields *ast.FieldList, methods bool, sub func(ast.Expr) *jen.Statement) []jen.Code {
	var out []jen.Code
	for _, f := range fields.List {
		if len(f.Names) == 0 {
			out = append(out, sub(f.Type))
		}
		for _, id := range f.Names {
			if fn, ok := f.Type.(*ast.FuncType); ok && methods {
				out = append(out, jen.Id(id.Name).Params(parameters(fn.Params, sub)...).Params(parameters(fn.Results, sub)...))
			} else {
				out = append(out, jen.Id(id.Name).Add(sub(f.Type)))
			}
		}
	}
	return out
}
