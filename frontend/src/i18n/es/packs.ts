import type { Dictionary } from "..";

export default {
  packs: {
    title: "Paquetes",
    text: "Varios servicios juntos, a un solo precio y en una sola factura.",
    empty: "No hay paquetes en oferta",
    emptyText: "Lo que su proveedor vende en conjunto aparecerá aquí.",
    all: "Ver todos los paquetes",
    yours: "Sus paquetes",
    contents: "Qué incluye",
    service: "Servicio",
    plan: "Plan",
    alone: "Por separado",
    share: "Su parte del precio",
    saves: "{{ amount }} menos que por separado",
    subscribeTitle: "Suscribirse a {{ pack }}",
    subscribed: "Se ha suscrito a {{ pack }}.",
    cancelTitle: "¿Cancelar {{ pack }}?",
    cancelText: "{{ pack }} y todo lo que incluye se pueden usar hasta el {{ date }} y terminan entonces.",
    cancelTrial: "{{ pack }} y todo lo que incluye terminan de inmediato. No se cobra nada.",
    cancelled: "{{ pack }} termina después del {{ date }}.",
    cancelledTrial: "{{ pack }} ha terminado.",
    price: "Precio",
    next: "Qué sigue",
    free: "{{ days }} días gratis",
  },
} satisfies Pick<Dictionary, "packs">;
