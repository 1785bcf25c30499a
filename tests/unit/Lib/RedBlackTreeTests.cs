using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Lib;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Lib;

public class RedBlackTreeTests
{
    private sealed class Item(int key, int serial)
    {
        public readonly int Key = key;
        public readonly int Serial = serial; // also the value that the tree's summary is the minimum of
        public int SerialMin;
        public TreeLink<Item> Link;

        public override string ToString() => $"{Key}#{Serial}";
    }

    private struct ByKey : IOrdered<Item>
    {
        public static bool IsAugmented => true;

        public static ref TreeLink<Item> Link(Item item) => ref item.Link;

        public static bool IsBefore(Item left, Item right) => left.Key < right.Key;

        public static void Summarize(Item item)
        {
            item.SerialMin = item.Serial;
            if (RedBlackTree<Item, ByKey>.Left(item) is Item left)
                item.SerialMin = Math.Min(item.SerialMin, left.SerialMin);
            if (RedBlackTree<Item, ByKey>.Right(item) is Item right)
                item.SerialMin = Math.Min(item.SerialMin, right.SerialMin);
        }
    }

    private readonly struct KeyIs(int key) : ITreeKey<Item>
    {
        public bool IsAfter(Item item) => item.Key < key;
    }

    private RedBlackTree<Item, ByKey> _tree;
    private readonly List<Item> _model = []; // sorted by key, then by time of arrival
    private int _serial;

    private void Add(int key)
    {
        Item item = new(key, ++_serial * 7919 % 10007);
        _tree.Add(item);
        int at = _model.FindIndex(x => x.Key > key);
        _model.Insert(at < 0 ? _model.Count : at, item);
    }

    private void RemoveAt(int index)
    {
        _tree.Remove(_model[index]);
        _model.RemoveAt(index);
    }

    private void CheckInvariants()
    {
        Assert.Equal(_model.Count, _tree.Count);
        Assert.Equal(_model.Count == 0, _tree.IsEmpty);
        Assert.Same(_model.FirstOrDefault(), _tree.First);
        Assert.Same(_model.LastOrDefault(), _tree.Last);
        if (_tree.Root is Item root)
        {
            Assert.Equal(TreeColor.Black, root.Link.Color);
            Assert.Null(root.Link.Parent);
            CheckSubtree(root);
        }

        int index = 0;
        foreach (Item item in _tree)
            Assert.Same(_model[index++], item);
        Assert.Equal(_model.Count, index);
    }

    // Returns how many black items lie on each way down.
    private static int CheckSubtree(Item? top)
    {
        if (top is null)
            return 0;

        Assert.NotEqual(TreeColor.Unlinked, top.Link.Color);
        int summary = top.Serial;
        foreach (Item? child in (Item?[])[top.Link.Left, top.Link.Right])
        {
            if (child is null)
                continue;
            Assert.Same(top, child.Link.Parent);
            Assert.False(top.Link.Color == TreeColor.Red && child.Link.Color == TreeColor.Red, "a red item has a red child");
            summary = Math.Min(summary, child.SerialMin);
        }

        int left = CheckSubtree(top.Link.Left);
        Assert.Equal(left, CheckSubtree(top.Link.Right));
        Assert.Equal(summary, top.SerialMin);
        return left + (top.Link.Color == TreeColor.Black ? 1 : 0);
    }

    [Fact]
    public void AgreesWithASortedList() =>
        Prop.ForAll<NonNull<int[]>>(steps =>
        {
            RedBlackTreeTests test = new();
            foreach (int step in steps.Get)
            {
                // Two of three steps add, so that the tree grows; few keys, so that equal ones occur.
                if (step % 3 != 0 || test._model.Count == 0)
                    test.Add(step % 16);
                else
                    test.RemoveAt((step & int.MaxValue) % test._model.Count);
                test.CheckInvariants();
            }

            return true;
        }).Holds();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void SurvivesGrowingAndShrinking(int seed)
    {
        Random random = new(seed);
        foreach (int addsOfTen in (int[])[8, 5, 2, 7, 0])
        {
            for (int i = 0; i < 300; i++)
            {
                if (_model.Count == 0 || random.Next(10) < addsOfTen)
                    Add(random.Next(1000));
                else
                    RemoveAt(random.Next(_model.Count));
                CheckInvariants();
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void StaysLowWhenKeysArriveInOrder(bool isRising)
    {
        for (int i = 0; i < 1000; i++)
            Add(isRising ? i : -i);
        CheckInvariants();
        Assert.True(Height(_tree.Root) <= 20, "2 log2(1001) is below 20");
        while (_tree.RemoveFirst() is Item first)
        {
            Assert.Same(_model[0], first);
            _model.RemoveAt(0);
        }

        CheckInvariants();
    }

    private static int Height(Item? top) => top is null ? 0 : 1 + Math.Max(Height(top.Link.Left), Height(top.Link.Right));

    [Fact]
    public void FindsTheFirstNotBeforeAKey() =>
        Prop.ForAll<NonNull<int[]>, int>((keys, wanted) =>
        {
            RedBlackTreeTests test = new();
            foreach (int key in keys.Get)
                test.Add(key);
            return test._tree.FirstNotBefore(new KeyIs(wanted)) == test._model.FirstOrDefault(x => x.Key >= wanted);
        }).Holds();

    [Fact]
    public void WalksBothWays()
    {
        for (int i = 0; i < 100; i++)
            Add(i * 37 % 50);

        for (int i = 0; i < _model.Count; i++)
        {
            Assert.Same(i + 1 < _model.Count ? _model[i + 1] : null, _tree.Next(_model[i]));
            Assert.Same(i > 0 ? _model[i - 1] : null, _tree.Previous(_model[i]));
        }
    }

    [Fact]
    public void TheVisitedItemMayBeRemoved()
    {
        for (int i = 0; i < 50; i++)
            Add(i);
        foreach (Item item in _tree)
        {
            if (item.Key % 2 == 0)
                RemoveAt(_model.IndexOf(item));
        }

        CheckInvariants();
        Assert.Equal(25, _tree.Count);
    }

    [Fact]
    public void MisuseIsReported()
    {
        Item item = new(1, 1);
        Assert.Throws<InvalidOperationException>(() => _tree.Remove(item));
        _tree.Add(item);
        Assert.True(RedBlackTree<Item, ByKey>.IsLinked(item));
        Assert.Throws<InvalidOperationException>(() => _tree.Add(item));
        RedBlackTree<Item, ByKey> other = default;
        Assert.Throws<InvalidOperationException>(() => other.Remove(item));
    }
}
