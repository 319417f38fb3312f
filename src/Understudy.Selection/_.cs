namespace Understudy.Selection;
