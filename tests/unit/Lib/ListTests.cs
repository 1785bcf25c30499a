using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Lib;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Lib;

public class ListTests
{
    private sealed class Item
    {
        public ListLink<Item> Link;
        public ListLink<Item> OtherLink;
        public ForwardLink<Item> Forward;

        public struct ByLink : ILinked<Item>
        {
            public static ref ListLink<Item> Link(Item item) => ref item.Link;
        }

        public struct ByOtherLink : ILinked<Item>
        {
            public static ref ListLink<Item> Link(Item item) => ref item.OtherLink;
        }

        public struct ByForward : IForwardLinked<Item>
        {
            public static ref ForwardLink<Item> Link(Item item) => ref item.Forward;
        }
    }

    private static void CheckAgainst(List<Item> model, in IntrusiveList<Item, Item.ByLink> list)
    {
        Assert.Equal(model.Count, list.Count);
        Assert.Equal(model.Count == 0, list.IsEmpty);
        Assert.Same(model.FirstOrDefault(), list.First);
        Assert.Same(model.LastOrDefault(), list.Last);
        int index = 0;
        foreach (Item item in list)
        {
            Assert.Same(model[index], item);
            Assert.Same(index > 0 ? model[index - 1] : null, list.Previous(item));
            index++;
            Assert.Same(index < model.Count ? model[index] : null, list.Next(item));
        }

        Assert.Equal(model.Count, index);
    }

    [Fact]
    public void DoublyLinkedAgreesWithAList() =>
        Prop.ForAll<NonNull<int[]>>(steps =>
        {
            List<Item> model = [];
            IntrusiveList<Item, Item.ByLink> list = default;
            foreach (int step in steps.Get)
            {
                int choice = step & 7;
                Item item = new();
                int at = model.Count == 0 ? 0 : (step & int.MaxValue) / 8 % model.Count;
                switch (choice)
                {
                    case 0 or 1:
                        list.AddFirst(item);
                        model.Insert(0, item);
                        break;
                    case 2 when model.Count > 0:
                        list.AddBefore(model[at], item);
                        model.Insert(at, item);
                        break;
                    case 3 when model.Count > 0:
                        list.AddAfter(model[at], item);
                        model.Insert(at + 1, item);
                        break;
                    case 4 when model.Count > 0:
                        list.Remove(model[at]);
                        Assert.False(IntrusiveList<Item, Item.ByLink>.IsLinked(model[at]));
                        model.RemoveAt(at);
                        break;
                    case 5:
                        Assert.Same(model.FirstOrDefault(), list.RemoveFirst());
                        model = [.. model.Skip(1)];
                        break;
                    case 6:
                        Assert.Same(model.LastOrDefault(), list.RemoveLast());
                        model = [.. model.SkipLast(1)];
                        break;
                    default:
                        list.AddLast(item);
                        model.Add(item);
                        break;
                }

                CheckAgainst(model, in list);
            }

            return true;
        }).Holds();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 2)]
    [InlineData(2, 0)]
    [InlineData(3, 2)]
    public void AppendMovesEverything(int ours, int theirs)
    {
        List<Item> model = [];
        IntrusiveList<Item, Item.ByLink> list = default;
        IntrusiveList<Item, Item.ByLink> other = default;
        for (int i = 0; i < ours + theirs; i++)
        {
            model.Add(new Item());
            if (i < ours)
                list.AddLast(model[i]);
            else
                other.AddLast(model[i]);
        }

        list.Append(ref other);
        CheckAgainst(model, in list);
        CheckAgainst([], in other);
    }

    [Fact]
    public void AnObjectCanBeOnTwoListsAtOnce()
    {
        Item item = new();
        IntrusiveList<Item, Item.ByLink> list = default;
        IntrusiveList<Item, Item.ByOtherLink> other = default;
        list.AddLast(item);
        other.AddLast(item);
        list.Remove(item);
        Assert.Same(item, other.First);
    }

    [Fact]
    public void MisuseIsReported()
    {
        Item item = new();
        IntrusiveList<Item, Item.ByLink> list = default;
        IntrusiveList<Item, Item.ByLink> other = default;
        Assert.Throws<InvalidOperationException>(() => list.Remove(item));
        list.AddLast(item);
        Assert.Throws<InvalidOperationException>(() => list.AddFirst(item));
        Assert.Throws<InvalidOperationException>(() => other.Remove(item));
        Assert.Throws<InvalidOperationException>(() => list.AddBefore(new Item(), new Item()));
    }

    [Fact]
    public void SinglyLinkedAgreesWithAList() =>
        Prop.ForAll<NonNull<int[]>>(steps =>
        {
            List<Item> model = [];
            ForwardList<Item, Item.ByForward> list = default;
            foreach (int step in steps.Get)
            {
                Item item = new();
                int at = model.Count == 0 ? 0 : (step & int.MaxValue) / 8 % model.Count;
                switch (step & 7)
                {
                    case 0 or 1:
                        list.AddFirst(item);
                        model.Insert(0, item);
                        break;
                    case 2 or 3 when model.Count > 0:
                        Assert.True(list.TryRemove(model[at]));
                        Assert.False(ForwardList<Item, Item.ByForward>.IsLinked(model[at]));
                        model.RemoveAt(at);
                        break;
                    case 4:
                        Assert.Same(model.FirstOrDefault(), list.RemoveFirst());
                        model = [.. model.Skip(1)];
                        break;
                    case 5:
                        Assert.False(list.TryRemove(item));
                        break;
                    default:
                        list.AddLast(item);
                        model.Add(item);
                        break;
                }

                List<Item> seen = [];
                foreach (Item x in list)
                    seen.Add(x);
                Assert.Equal(model, seen);
                Assert.Same(model.FirstOrDefault(), list.First);
                Assert.Same(model.LastOrDefault(), list.Last);
                Assert.Equal(model.Count == 0, list.IsEmpty);
            }

            return true;
        }).Holds();
}
