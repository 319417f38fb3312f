namespace Understudy.Membership;
