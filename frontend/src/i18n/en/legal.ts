export default {
  legal: {
    withdrawal: "Withdraw from contract here",
    cancellation: "Cancel contracts here",
    title: "Legal",
    imprint: "Imprint",
    privacy: "Privacy",
    terms: "Terms",
  },
  links: {
    title: "Links in mails",
    text: "Whoever has one of these links opens this document without signing in, and can pay it.",
    none: "No mail with a link was sent.",
    until: "Works until {{ date }}",
    ended: "Ended {{ date }}",
    opened_one: "Opened {{ n }} time",
    opened_other: "Opened {{ n }} times",
    end: "End the links",
    done: "The links lead nowhere any more.",
  },
};
