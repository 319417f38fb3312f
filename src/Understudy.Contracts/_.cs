namespace Understudy.Contracts;
