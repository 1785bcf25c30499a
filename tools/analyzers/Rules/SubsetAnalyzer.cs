// The part of C# that needs no runtime. Most of what is outside of it would fail at link time, with the name of a helper that
// nobody has heard of; here it fails where it stands, with the reason and with what to write instead.
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Commence.Analyzers.Rules;

/// <summary>Finds constructs that would need a garbage collector, exceptions, reflection or a scheduler of their own.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class SubsetAnalyzer : KernelAnalyzer
{
    internal static readonly DiagnosticDescriptor Array = Rule.Error("CMN0501", "No arrays",
        "This makes an array, and nothing would ever free it; use a ReadOnlySpan<T> property with a collection expression for a table, an [InlineArray] struct for fixed storage, or a buffer of the page allocator");

    internal static readonly DiagnosticDescriptor Boxing = Rule.Error("CMN0502", "No boxing",
        "This puts the struct '{0}' into an object on a heap that does not exist; use a generic method with 'where T : struct, {1}'");

    internal static readonly DiagnosticDescriptor Delegate = Rule.Error("CMN0503", "No delegates",
        "This makes a delegate, an object on a heap that does not exist; use an abstract class, a struct type parameter, or a function pointer in the trusted layers");

    internal static readonly DiagnosticDescriptor Text = Rule.Error("CMN0504", "No strings at run time",
        "This builds a string, an object on a heap that does not exist; use \"…\"u8, a TextWriter, or Printk's interpolation");

    internal static readonly DiagnosticDescriptor Throw = Rule.Error("CMN0505", "No exceptions are thrown",
        "There are no exceptions; use Bug.On or Panic.Now for a programmer's error, and bool TryX, Errno or Result<T> for any other");

    internal static readonly DiagnosticDescriptor Catch = Rule.Error("CMN0506", "No exceptions are caught",
        "There are no exceptions to catch; check before, or use the result of a TryX method ('try … finally' is fine)");

    internal static readonly DiagnosticDescriptor Iterator = Rule.Error("CMN0507", "No iterators and no async methods",
        "'{0}' makes the compiler turn the method into an object on a heap that does not exist; use a ref struct enumerator, or a kernel thread that waits");

    internal static readonly DiagnosticDescriptor TypeOf = Rule.Error("CMN0508", "No reflection",
        "There is no reflection, so '{0}' has nothing to return; use a type parameter or a tag");

    internal static readonly DiagnosticDescriptor Lock = Rule.Error("CMN0509", "No lock statement",
        "The lock statement needs a monitor in every object; use 'using var guard = _lock.Lock();' with a SpinLock, IrqSpinLock or Mutex");

    internal static readonly DiagnosticDescriptor Float = Rule.Error("CMN0513", "No floating point",
        "'{0}' is floating point, and the kernel does not own those registers: they hold the program's values; use integers with a unit, such as Nanoseconds, or a shift");

    public SubsetAnalyzer()
        : base(Array, Boxing, Delegate, Text, Throw, Catch, Iterator, TypeOf, Lock, Float)
    {
    }

    private protected override void Start(CompilationStartAnalysisContext context)
    {
        context.RegisterOperationAction(static c => Check(c),
            OperationKind.ArrayCreation, OperationKind.CollectionExpression, OperationKind.Conversion, OperationKind.Invocation,
            OperationKind.DelegateCreation, OperationKind.InterpolatedString, OperationKind.Binary, OperationKind.CompoundAssignment,
            OperationKind.Throw, OperationKind.Try, OperationKind.YieldReturn, OperationKind.YieldBreak, OperationKind.Await,
            OperationKind.TypeOf, OperationKind.Lock, OperationKind.Literal);
        context.RegisterSymbolAction(static c => CheckMethod(c), SymbolKind.Method);
        context.RegisterSymbolAction(static c => CheckField(c), SymbolKind.Field);
    }

    private static void Check(OperationAnalysisContext context)
    {
        Diagnostic? diagnostic = context.Operation switch
        {
            IArrayCreationOperation array => IsTable(array) ? null : At(array, Array),
            ICollectionExpressionOperation { Type.TypeKind: TypeKind.Array } array => At(array, Array),
            IConversionOperation { IsImplicit: false } conversion when IsFloat(conversion.Type) => At(conversion, Float, Shown(conversion.Type!)),
            ILiteralOperation literal => IsFloat(literal.Type) ? At(literal, Float, Shown(literal.Type!)) : null,
            IConversionOperation conversion => IsBoxing(conversion) ? At(conversion, Boxing, Shown(conversion.Operand.Type!), Shown(conversion.Type!)) : null,
            IInvocationOperation invocation => CheckCall(invocation),
            IDelegateCreationOperation made => At(made, Delegate),
            IInterpolatedStringOperation text => IsString(text) && text.Parent is not IInterpolatedStringHandlerCreationOperation ? At(text, Text) : null,
            IBinaryOperation sum => IsString(sum) && sum.Parent is not IBinaryOperation { Type.SpecialType: SpecialType.System_String } ? At(sum, Text) : null,
            ICompoundAssignmentOperation sum => IsString(sum) ? At(sum, Text) : null,
            IThrowOperation thrown => At(thrown, Throw),
            ITryOperation { Catches.Length: > 0 } guarded => At(guarded.Catches[0], Catch),
            IReturnOperation { Kind: OperationKind.YieldReturn or OperationKind.YieldBreak } item => At(item, Iterator, "yield"),
            IAwaitOperation awaited => At(awaited, Iterator, "await"),
            ITypeOfOperation type => At(type, TypeOf, "typeof"),
            ILockOperation locked => At(locked, Lock),
            _ => null,
        };
        if (diagnostic is not null && !IsInAttribute(context.Operation))
            context.ReportDiagnostic(diagnostic);
    }

    private static Diagnostic At(IOperation operation, DiagnosticDescriptor rule, params object[] words) =>
        Diagnostic.Create(rule, FirstLine(operation.Syntax), words);

    // For a statement, its keyword: a whole block underlined says nothing.
    private static Location FirstLine(SyntaxNode node) =>
        node is Microsoft.CodeAnalysis.CSharp.Syntax.StatementSyntax or Microsoft.CodeAnalysis.CSharp.Syntax.CatchClauseSyntax
            ? node.GetFirstToken().GetLocation()
            : node.GetLocation();

    // new byte[] { 1, 2 } as a ReadOnlySpan<byte> is data of the image, not an array.
    private static bool IsTable(IArrayCreationOperation array) =>
        array.Parent is IConversionOperation { Type: { Name: "ReadOnlySpan", ContainingNamespace.Name: "System" } }
        && array.Initializer?.ElementValues.All(static value => value.ConstantValue.HasValue) == true;

    private static bool IsBoxing(IConversionOperation conversion) =>
        conversion.Operand.Type is { } from && conversion.Type is not null && !from.IsReferenceType
        && conversion.GetConversion().IsBoxing;

    private static Diagnostic? CheckCall(IInvocationOperation call)
    {
        IMethodSymbol method = call.TargetMethod;
        if (method is { Name: "GetType", ContainingType.SpecialType: SpecialType.System_Object })
            return At(call, TypeOf, "GetType");
        // A struct that does not override ToString and the like is boxed to reach Object's.
        bool isObjects = method.ContainingType?.SpecialType is SpecialType.System_Object or SpecialType.System_ValueType or SpecialType.System_Enum;
        return isObjects && !method.IsStatic && call.Instance?.Type is { IsValueType: true } type
            ? At(call, Boxing, Shown(type), "…")
            : null;
    }

    private static bool IsString(IOperation operation) =>
        operation.Type?.SpecialType == SpecialType.System_String && !operation.ConstantValue.HasValue;

    private static void CheckMethod(SymbolAnalysisContext context)
    {
        var method = (IMethodSymbol)context.Symbol;
        if (method.IsAsync)
            context.ReportDiagnostic(Diagnostic.Create(Iterator, method.Locations[0], "async"));
        if (method.IsImplicitlyDeclared || method.AssociatedSymbol is IFieldSymbol)
            return;
        if (IsFloat(method.ReturnType) || method.Parameters.Any(static parameter => IsFloat(parameter.Type)))
        {
            ITypeSymbol type = IsFloat(method.ReturnType) ? method.ReturnType : method.Parameters.First(static parameter => IsFloat(parameter.Type)).Type;
            context.ReportDiagnostic(Diagnostic.Create(Float, method.Locations[0], Shown(type)));
        }
    }

    private static void CheckField(SymbolAnalysisContext context)
    {
        var field = (IFieldSymbol)context.Symbol;
        if (IsFloat(field.Type) && !field.IsImplicitlyDeclared)
            context.ReportDiagnostic(Diagnostic.Create(Float, field.Locations[0], Shown(field.Type)));
    }

    private static bool IsFloat(ITypeSymbol? type) =>
        type?.SpecialType is SpecialType.System_Single or SpecialType.System_Double or SpecialType.System_Decimal;
}
