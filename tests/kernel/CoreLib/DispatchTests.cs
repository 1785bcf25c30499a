// Virtual and interface calls. The compiler decides calls of one to three classes in place; four and more go through tables,
// so each case has five classes, and the calls go through a method that is not inlined.
using System.Runtime.CompilerServices;
using Commence.Memory;

namespace Commence.Testing;

internal interface IShape
{
    int Sides { get; }

    long Mix(long a, long b, long c, long d, long e, long f, long g);
}

internal interface INamed
{
    int Name();
}

internal abstract class Polygon : IShape, INamed
{
    public abstract int Sides { get; }

    // Seven arguments and the object: more than there are registers.
    public virtual long Mix(long a, long b, long c, long d, long e, long f, long g) =>
        a + (2 * b) + (3 * c) + (4 * d) + (5 * e) + (6 * f) + (7 * g) + Sides;

    public int Name() => 1000 + Sides;
}

internal sealed class Triangle : Polygon
{
    public override int Sides => 3;
}

internal class Square : Polygon
{
    public override int Sides => 4;
}

// Implements the interface anew: calls through INamed end here, calls through the class do not.
internal sealed class Box : Square, INamed
{
    int INamed.Name() => 7000;
}

internal sealed class Pentagon : Polygon
{
    public override int Sides => 5;

    public override long Mix(long a, long b, long c, long d, long e, long f, long g) => -g;
}

internal sealed class Circle : IShape, INamed
{
    internal int Turns;

    int IShape.Sides => 0;

    long IShape.Mix(long a, long b, long c, long d, long e, long f, long g) => a * g;

    int INamed.Name() => 2000 + Turns;
}

internal sealed class Holder<T> : IShape, INamed
    where T : class
{
    internal T Value = null!;

    public int Sides => Value is INamed named ? named.Name() : -1;

    public long Mix(long a, long b, long c, long d, long e, long f, long g) => Sides;

    public int Name() => 3000;
}

internal static class DispatchTests
{
    private const int ShapeCount = 6;

    [InlineArray(ShapeCount)]
    private struct Shapes
    {
        private IShape _first;
    }

    private sealed class Calling : Work
    {
        internal int Sum;

        internal override void Run(int index)
        {
            Shapes shapes = MakeShapes();
            int sum = 0;
            for (int i = 0; i < 3000; i++)
                sum += SidesOf(shapes[(i + index) % ShapeCount]);
            System.Threading.Interlocked.Add(ref Sum, sum);
            FreeShapes(in shapes);
        }
    }

    [KernelTest]
    internal static void InterfaceCallsReachTheRightClass()
    {
        Shapes shapes = MakeShapes();
        // Twice: the first call of each class resolves, the second finds the cache.
        for (int round = 0; round < 2; round++)
        {
            Check.Equal(3, SidesOf(shapes[0]));
            Check.Equal(4, SidesOf(shapes[1]));
            Check.Equal(4, SidesOf(shapes[2]));
            Check.Equal(5, SidesOf(shapes[3]));
            Check.Equal(0, SidesOf(shapes[4]));
            Check.Equal(7000, SidesOf(shapes[5]));
        }

        FreeShapes(in shapes);
    }

    [KernelTest]
    internal static void InterfaceCallsKeepTheirArguments()
    {
        Shapes shapes = MakeShapes();
        for (int round = 0; round < 2; round++)
        {
            Check.Equal(143, MixOf(shapes[0]));
            Check.Equal(144, MixOf(shapes[1]));
            Check.Equal(-7, MixOf(shapes[3]));
            Check.Equal(7, MixOf(shapes[4]));
            Check.Equal(7000, MixOf(shapes[5]));
        }

        FreeShapes(in shapes);
    }

    [KernelTest]
    internal static void AClassMayImplementAnInterfaceAnew()
    {
        Shapes shapes = MakeShapes();
        Check.Equal(1003, NameOf(shapes[0]));
        Check.Equal(1004, NameOf(shapes[1]));
        Check.Equal(7000, NameOf(shapes[2]));
        Check.Equal(1004, ((Polygon)shapes[2]).Name());
        Check.Equal(1005, NameOf(shapes[3]));
        Check.Equal(2001, NameOf(shapes[4]));
        Check.Equal(3000, NameOf(shapes[5]));
        FreeShapes(in shapes);
    }

    [KernelTest]
    internal static void VirtualCallsReachTheRightClass()
    {
        Shapes shapes = MakeShapes();
        Check.Equal(3, VirtualSidesOf((Polygon)shapes[0]));
        Check.Equal(4, VirtualSidesOf((Polygon)shapes[1]));
        Check.Equal(4, VirtualSidesOf((Polygon)shapes[2]));
        Check.Equal(5, VirtualSidesOf((Polygon)shapes[3]));
        FreeShapes(in shapes);
    }

    [KernelTest]
    internal static void TypeChecksTellClassesApart()
    {
        Shapes shapes = MakeShapes();
        Check.That(IsPolygon(shapes[0]));
        Check.That(IsPolygon(shapes[2]));
        Check.That(!IsPolygon(shapes[4]));
        Check.That(IsSquare(shapes[2]));
        Check.That(!IsSquare(shapes[3]));
        Check.That(!IsBox(shapes[1]));
        Check.That(IsBox(shapes[2]));
        Check.That(IsNamed(shapes[4]));
        Check.That(!IsNamed(new Calling()));
        Check.That(!IsHolderOfCircle(shapes[5])); // it holds a box
        Check.That(!IsHolderOfCircle(shapes[4]));
        Check.That(!IsPolygon(null));
        FreeShapes(in shapes);
    }

    [KernelTest(Cpus = 2)]
    internal static void AllProcessorsMayResolveAtOnce()
    {
        Calling work = new();
        Crew.RunOnEachCpu(work);
        Check.Equal(Smp.Processors.OnlineCount * 500 * (3 + 4 + 4 + 5 + 0 + 7000), work.Sum);
        Kmem.Free(work);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int SidesOf(IShape shape) => shape.Sides;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long MixOf(IShape shape) => shape.Mix(1, 2, 3, 4, 5, 6, 7);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int NameOf(IShape shape) => ((INamed)shape).Name();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int VirtualSidesOf(Polygon shape) => shape.Sides;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsPolygon(object? shape) => shape is Polygon;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsSquare(object shape) => shape is Square;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsBox(object shape) => shape is Box;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsNamed(object shape) => shape is INamed;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsHolderOfCircle(object shape) => shape is Holder<Circle>;

    private static Shapes MakeShapes()
    {
        Shapes shapes = default;
        shapes[0] = new Triangle();
        shapes[1] = new Square();
        shapes[2] = new Box();
        shapes[3] = new Pentagon();
        shapes[4] = new Circle { Turns = 1 };
        shapes[5] = new Holder<Box> { Value = (Box)shapes[2] };
        return shapes;
    }

    private static void FreeShapes(in Shapes shapes)
    {
        for (int i = 0; i < ShapeCount; i++)
            Kmem.Free(shapes[i]);
    }
}
