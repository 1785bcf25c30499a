// ilc's symbol names back to C# names. The types below are looked up in this test's own assembly.
using System;
using System.Reflection;
using Commence.ImageTool.Naming;
using Xunit;

namespace Commence.ImageTool.Tests
{
    public sealed class DemanglerTests
    {
        private const string Prefix = "Commence_ImageTool_Tests_Sample_Sched_";

        private static readonly Demangler s_exact = new(AssemblyNames.Load([typeof(DemanglerTests).Assembly.Location]));
        private static readonly Demangler s_guessing = new(AssemblyNames.Load([]));

        [Theory]
        [InlineData("RunQueue__Enqueue", "RunQueue.Enqueue")]
        [InlineData("RunQueue__Enqueue_0", "RunQueue.Enqueue")]
        [InlineData("RunQueue__Two__Parts", "RunQueue.Two__Parts")]
        [InlineData("RunQueue___ctor", "RunQueue..ctor")]
        [InlineData("RunQueue__get_Count_Of", "RunQueue.get_Count_Of")]
        [InlineData("RunQueue_Entry_List__op_Addition", "RunQueue.Entry_List.op_Addition")]
        [InlineData("RunQueue__System_IComparable_Sample_Sched_RunQueue__CompareTo", "RunQueue.CompareTo")]
        [InlineData("Tree_2<Int32__String>__Find", "Tree<int, string>.Find")]
        [InlineData("Tree_2<Commence_ImageTool_Tests_Sample_Sched_RunQueue_Entry_List__System___Canon>__Find", "Tree<RunQueue.Entry_List, __Canon>.Find")]
        [InlineData("Tree_2<UInt8<Pointer>__Commence_ImageTool_Tests_Sample_Sched_Tree_2<Bool__UIntPtr>>__Map<Char__Object>", "Tree<byte*, Tree<bool, nuint>>.Map<char, object>")]
        [InlineData("Tree_2_Node<Int64__UInt16>__Next", "Tree.Node<long, ushort>.Next")]
        [InlineData("Tree_2_Node<__Array<Int8>__Int16<ByRef>>__Next", "Tree.Node<sbyte[], ref short>.Next")]
        public void ExactNames(string symbol, string expected) => Assert.Equal("Sample.Sched." + expected, s_exact.Demangle(Prefix + symbol).ToString());

        [Fact]
        public void LocalFunctions()
        {
            MethodInfo local = Assert.Single(typeof(global::Sample.Sched.RunQueue).GetMethods(BindingFlags.Static | BindingFlags.NonPublic));
            Assert.StartsWith("<Outer>g__Local|", local.Name);
            Assert.Equal("Sample.Sched.RunQueue.Outer.Local", s_exact.Demangle($"{Prefix}RunQueue__{AssemblyNames.Sanitize(local.Name)}").ToString());
        }

        [Fact]
        public void PartsAreSeparate() =>
            Assert.Equal(new MethodName("Sample.Sched", "Tree<int, int>", "Find"), s_exact.Demangle(Prefix + "Tree_2<Int32__Int32>__Find"));

        [Fact]
        public void StubsNameTheirTarget() =>
            Assert.Equal("Sample.Sched.RunQueue.Enqueue (unbox stub)", s_exact.Demangle($"{Prefix}RunQueue__<unbox>{Prefix}RunQueue__Enqueue").ToString());

        [Theory]
        [InlineData("Commence_Kernel_Commence_Sched_RunQueue__Enqueue", "Commence.Sched.RunQueue.Enqueue")]
        [InlineData("Commence_Arch_X64_Commence_Arch_X64_X64Boot__Start_0", "Commence.Arch.X64.X64Boot.Start_0")]
        [InlineData("Commence_CoreLib_System_SpanHelpers__Memmove", "System.SpanHelpers.Memmove")]
        [InlineData("Commence_CoreLib_Internal_Runtime_GcStatics__Initialise", "Internal.Runtime.GcStatics.Initialise")]
        [InlineData("entry_syscall", "entry_syscall")]
        [InlineData("__managed__Startup", "__managed__Startup")]
        [InlineData("", "")]
        [InlineData("<", "<")]
        [InlineData("a__", "a.")]
        [InlineData("A<__B>__<", "A<__B>.<")]
        public void GuessesWithoutAssemblies(string symbol, string expected) => Assert.Equal(expected, s_guessing.Demangle(symbol).ToString());

        [Fact]
        public void OddNamesNeverFault()
        {
            Random random = new(7);
            const string alphabet = "A_<>B1";
            for (int round = 0; round < 50_000; round++)
            {
                char[] name = new char[random.Next(0, 24)];
                for (int i = 0; i < name.Length; i++)
                    name[i] = alphabet[random.Next(alphabet.Length)];
                s_exact.Demangle(Prefix + "Tree_2" + new string(name));
                s_guessing.Demangle(new string(name));
            }
        }

        [Fact]
        public void NotAnAssembly() => Assert.Contains("nowhere.dll", Assert.Throws<BadInputException>(() => AssemblyNames.Load(["nowhere.dll"])).Message);
    }
}

namespace Sample.Sched
{
    internal struct RunQueue : IComparable<RunQueue>
    {
        public RunQueue(int count) => Count_Of = count;

        public int Count_Of { get; }

        public void Enqueue(int value) => _ = value;

        public void Enqueue(long value) => _ = value;

        public void Two__Parts()
        {
        }

        public static int Outer(int value)
        {
            return Local(value);

            static int Local(int x) => x + 1;
        }

        int IComparable<RunQueue>.CompareTo(RunQueue other) => Count_Of - other.Count_Of;

        internal struct Entry_List
        {
            public static Entry_List operator +(Entry_List a, Entry_List b) => a;
        }
    }

    internal static class Tree<TKey, TValue>
    {
        public static void Find(TKey key, TValue value) => _ = (key, value);

        public static void Map<TFrom, TTo>(TFrom from, TTo to) => _ = (from, to);

        internal static class Node
        {
            public static void Next()
            {
            }
        }
    }
}
