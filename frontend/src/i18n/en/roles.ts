export default {
  roles: {
    buy: "Administrators of your organisation subscribe to services. You may look.",
    change: "Administrators of your organisation change and cancel subscriptions. You may look.",
    people: "Administrators of your organisation see who works here.",
  },
} as const;
