// Private keys that everyone knows: fixed, so that tests need not wait for random primes. They prove nothing, and a verifier
// trusts them only where it is given this issuer's keys.

/** By key type or curve; each rotation takes the next one. */
export const KEYS: Record<'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519', JsonWebKey[]> = {
  RSA: [
    {
      kty: 'RSA',
      n: 'xNnBJ_agBgSkNHOG3e-aYW1rgcgch3XMJXaxyti1PhPoCS6CIhN20WYdzIf-OxUyOgEo6kuZskY5eJHIy2_RAD1w1HYADKBVwXO9si3w-1daBBRsowf6F-XQY7qAkM5bnevyP5HMGHGErXF5XXXHwEwPQWiAv3HLxT_FcTnJw9DuPXTz6k2TQJ2YWyqu-XtoDWDYUgEsrKxj2C87aDYicVxlHGvo2mIPkqnrdS9aQbMuaMid_k2MMxtyDtERqYO9ZnYZ3zrcEAV0g3PJl2WsshvH9G0w4B97-jvuFhPCHm3AnupixshujDjCYxDvZvAq3ltZMATA5ik0uclM54O-pw',
      e: 'AQAB',
      d: 'TbDpmIWwQ5_KVP8xf99EbWZbk1Ww2M-nmjOd2QKtiYoevpzx9FP9RYjJgwM7VgM4FweFJ-9dgixQG2NiPdRsRu143gmSXGldXyP4ft296dzgZJLRC4km7g6gL_QYMM6Y_xtzuR4oUI9g_3k1HqtRAnaiYLzHb4eQllFkchsOJC9czsQ_-hmW0mM1rkNqz32uJ5vtsFfjpWvV99cETHap7i2N-xY8gpzfzRxU8RcKAjhMFcNvw8eQ9si5Gc4B5o3OhSV47yxCjP7FobXOZoMi47Y_iha0OEnsYnS_p1z1dIkU0EcqugiiO0qW42jpfxFhns68i9i5_Z2pEZt-noQleQ',
      p: '5i1apXPaOwpKvGrDF-Y4dWEzsmMzoVXId4WTLmTQ4cn0BaEgMZlq3JWqjDQBWO13_ikYRsTstw5Rjp4AOfNIYBk09BNfcbAJZI7AmGxAkOzOOTQhMSmNe5t6-rcV4cBD91WgDS7c7TfcXI56IA3mcJT32F4GNuCcX7RjgTFmVv8',
      q: '2u9EiT1XmR6I-ikx14IHIHwLcdpMvYBGusFILKFsB0F8IuxbJRTMwVZM0DvSCv8FmKK06buGcfBma9IszAHzFVatRT5kbWVj7ITAafEJh81E2vjoRmj3_Ky2vtMs9b8Es894D2EvGz-8ktLkyEBo3nwADli_vzs95NlogWCQgFk',
      dp: 'TasMJTwcbUOhyEY2IoBamLD94rm6mDv78uitqz_1g9rDborZ9CKSfnA6Jij-M2Wd0bNIL8kPHw3D013ZMbS3vUWEKr_GuvPtl3Lb5hLRDpX5WDAQ6yfcR9NFAgh5Z72asYDBCvG_NoRc5RZmex51nZOGtgm0CxxrZ5fU46kpoT0',
      dq: 'WUqmsDaFiJysjyLIAjY1A-mznT7Ed7Fep4J3FkTL03XA1FmDnu8Jx3yUHYWYWAXE2Yjask1aOxQqIaV5wca1xqkwSAJ3YSquA2PtOggls-5jO8-ypCzhn3stmUx1lNDQcSmXtOYVGU74cQV0a7vhSYRXXYKSycK2rqSA--tPZBk',
      qi: 'zqRLs502-5t6_ApXiEB1l8Bft7af8qOOtdnM1FJ_e1_tjalqDx_xZYaLmk9evxTDtIiqdS4Fw12ENKF_CdGmankgCvj0oWx0K3uS4OOCcZB4dKV9UH-csP0KalQBK7sTp0FnXLMpg1iV2k1E7rU1ULasc3zeQmjxuAQXeE1O-zk',
    },
    {
      kty: 'RSA',
      n: 'r1WE1C5a4vh3PZbE-YwhN6uQz7eI9TfS30KzYKjasIglvilYqbaA_vfbLx_FJu6KQmlRgUwYHsfTiSVZkW_DgWTZix9hoPNf67c2oxlNUkd1psBJjrEE_MKE__j3esEWyoDBDEwfwve072iAj4-7xJQooDTxi7fNTyrZUc61VhMjUGZitgJQakguQVF7rClKht7ov_FlJvyq7arBMt2YZeko8KjcF2NrawlbJFFiVR8pzpZ0Ji2lY1ihtpkL1EdU7Xp4MjEcvspXVeFmP4E1vVXp4Zd-OuvimyvqLDY6_ucOHG6TEVIPXrUeu9dXC8f7i8lnkUGBMq1bSeMy_VPTCw',
      e: 'AQAB',
      d: 'TOjS7K3uwSvjRjlZ6ur8cSqJSYxE_-e-UJ-2Bnra_t-hyrHhSgSbvfvkAd5KQWMWc741-eTymaHm2PxwtxqS5DHkOSIJVawcEc4aod2J7MMayQwE2BovSV5cL9o6WHbVc_uZcrb7oa69h9zLs-2FHFwvG-NNZw-3d_ggPsHRClF786HB64Wno-JbRfkLW5P5zO93itveL5T-66wU5Nqqp_0yZCL1dJB3D8V1cq-2EKGKIAGOSCYSvcnUv1lz2uu4XNXbN-TUN0t_ISLAZ4rxO_spkXfCPiFveQ_7tc0EP3e6KLkuUe4Hy2uUvM4Vu72zDtNecmZZov2Ic5EJHask1Q',
      p: '9Oo2qZx7pwLAGg7zhSSdBWVskTEIMrKfdcfbvzqCWWaXWWdaMR9gWs12pq9UJLV8oiLN8D2P79P1lVEGbVVH0RcKXVKViRdcdIqHBDF7Vz7Av0P5IqnkX2Tu5W8OIjVlyoZ4d9DABf3m8A02O2RThPRBSBKrKODkYhEvk2d_jD8',
      q: 't0UVjzCRPnirZAheHs-K-bWiaFm0IGnIfxptiBmDnOeo8-yWXv6aO5E4supErOT8ruJjSun_ZRqC0AuO126e9Eg5waxPMS4ZeZVnBgNlYgvKyKUUAqHOFR4sMuH5C9JH-eoFzkjF_deNRqWXmx1b_mdZ6XOL9zuYr56pNQwJtjU',
      dp: 'tI09wwhjeBnk-NDw4cS-JU5CHT9iZc2dFL1D2NQPaEzjYrt4mCIjbI1v3S4AABfzS6wQ2fzocct2jp9u94cZLKGpuGa7apdYR2ogYwz_eq_-dIJt1godG95S571ZVAq9gfJkOSAhj8lASNPUmTA7ChbvUWzB1Z8Ffu5gfnCcbQ0',
      dq: 'pIUP5Yrj2ADbWuFoHKCTUbcMJEDiwnYz1mYTDapZy_Dqao5oLr7AFdk33OUQ4WRusU_pcsa8zjYOWFUH1b0oVILB1mqobK3FkK_d3DgQOwP69kO6wuId7jc31jWlLEeI9YBv1c7ebhGicVkVz9l7S9XbkQZ5D2ggmQcFPumfjkE',
      qi: '0yWltHCn6-DlV6TffnccsIR7zP2RDUlSHn4BXchxHHYXyItnmZow-priSvBP3bhQTbQEsHEt5Yyr6YF-_t_slT6xQYv6YlfPl3QGP0gYRVRoSror6QiV95ATrYiLKWNkrRoCDqdkBgHiRNJYxut6_hAmYXLDWUaJ_iKrjrUaPCU',
    },
    {
      kty: 'RSA',
      n: 'ysWWwK-S7XnN6W8M1hXwHpEZn3Vh18BtErND9ZfVKe5rEjzczTYKNCwGTHAw_76qYk7NCQ169ejpDm1iSqu6cTZBvpkbDhk3-RrgVD4KmitxiVbvnUndKIk2g0ralRry39lJXek3i2_KWAthQm-SdeeR8MEpUSxY64k0odu_-9m25rZ6xRHq4Ha0LiShfJUYsS1r_bgnyej_xcR0Jga4nyucs0LTcnc7z_c3_kK4kKxU31IzdCov4v6IyPINYT8j6tRYocFypSFkdHq3rQ2FJ_Ao72WjKpOPE1cnTIrGD8kXejuPT4Fa9GvqoWFAyz45X-hC0mlqr51954vZGzTanQ',
      e: 'AQAB',
      d: 'CBnCWYVKHImarneHbuq7x9oqc2KIRksY2xU6ovjuBPmni7gkZrWrd6_F5U-FbZog4BeKJ7vtochXEy1PLsYohyBQmmbZxq4-5wk_VVjl1IiQGxlULkJGqbloP5uBxaYoy2-N9537CuuBjRM7T0ukxr1kaQFWf2MtqY821pEwXMUgxv2XCsd7vJ1y1PlLw_TtNkJPMdmIYrA5BZmLSbE3VnyPkBTmEWq15KJK8Befg4dm19BQpNJbuRmrow1M41OxItuuNU_TWuhOJOCPbu9gAIwaWI-cNACfkOOjxM6evSPXvKs7mc77oC9LhY5MHf3z7EvEP8QsvPNkz6PWIWM6sw',
      p: '8K9J0zvBNQIkK7-oyxzr5NuMe78CFEOQ1NorTeYhnEnjoHsWmlyq2-1G4aafQ049zycykqX2KYzz4GGUyqao2qs4EhqYOd7ujRltmmCAzOdky7DZSOiYT_VEdIjPPqas0vCdT1mBC5zPnE5oEms3ic0u1YkM0056OhH9pcMYuVc',
      q: '16y0y5zzLxJGAZYnJ30bJYprMo5DpxElf3ePvbe8_GvYZiX5M13qTAkQoCjxgeQAnZ8LU7XOrFGivsHIZiUPUrILmx-PwjYjnYjXJJ3WqaAlIZE1NMwxGXSN3gU46KyzKwQrg2AEcHkCdtGlh_oaBYt8ige6LlptUqDF-RQ3bys',
      dp: 'U5Ub9x4uN2FZ_FNfo8GUbfKMc8DeUPkxx6lIFpJPo73JLcbxD4QU1bEtx1kcv7vhHRpIpsK5nK5VVtusVz_PLbj-DNNtf9NaVme5Nz5CHGZTC6WLn5Uep83OCwYjqmcpZ0ul5ZN4i_bV5jsYSyUusU0u8XrZmFwNeDMdOb5pzJs',
      dq: 'AwViSu_Z4DDrVh5aUg1IkhAMTFr9y5tL4Ss1kjy-ovKHx3aEtRl9rK770qKAL4eYEp0ltXh4eqVyGCXyvquKOWhRDU014EyN1ykRimvDlACwRHYaPrEVhvvA-PktwOSaZeHbEi4IIeMwC6YIIY15S9aWWgCdtQSDP4MNAt4roJ0',
      qi: 'fPZqdH84ScE9PT6qCiCgOJrnf4woajPn-SGDUurVNjefllX3rMw35u_s_aTUN8DJNee3jEUIpz5FopwRzV33kFeRRBqegTKfzaHShyiS6ZH1LUyhrCYAr4D4HzdghwSaIh0GbkQWYKQmzLFcRsqp3ccqjIcirVfwat5E5s34PAo',
    },
  ],
  'P-256': [
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'geXLu3OOcjZ0fnScPTd-g-fAF08COUGBnMQgslbQeMM',
      y: 'nOm84zq12s7t_R58m5DIV6HYzoLWYDtZGPrdfFXI_I4',
      d: 'RD8_52GZo5skmhJF2D9o-HpkKm1iX8YQh2ALX39-tfQ',
    },
    {
      kty: 'EC',
      crv: 'P-256',
      x: '0lw33W39MXx9qc8LYpr5Uag2eOB3JZ4FG29Ektl2-Ls',
      y: 'cvNOn5YylbwOEiqi8zFh7OvvzJpZPNf0HDUwE3abnOk',
      d: 'pWyWM3TU_Ab8bYkD0HbXnlNjZrY61aCWitqQNJq0LqA',
    },
  ],
  'P-384': [
    {
      kty: 'EC',
      crv: 'P-384',
      x: '19y9MeI7TuMTdprTDxrjEn-xHZrT735BbDs9ZbNwDoOnRjDVWWOukyTFXZThH5i8',
      y: 'kYH8Q5EtsouGajRShIVROzc8JSGGMbQaG7bbt-sk3vaUJGE14ll8NjpzB2d1mRWA',
      d: 'k5F15ylB6lPA9_IzEVJYDW2zhzk1PaOiWA2VqMiOSFShE6w-HJL6PKRIVdnV_shY',
    },
    {
      kty: 'EC',
      crv: 'P-384',
      x: 'iZEQo-hd8O5HMjsfoHYya0LAKwZbZcXRbmxKeLe3S_F3yLVgKQ9tWfNNgBYSvr4K',
      y: 'Lb0E8KMIgyMbv-Aa6pCHsrZIcRkktKIRZvHH8SgtcSJvZ1Kd1tDW97yNKMDdHX-q',
      d: '84l-u1NLr_WvkKlIeHWv7HlDt2mbq8OizpPmV9ah6Szy-_0z_q02Bo2aHGcZ54FU',
    },
  ],
  'P-521': [
    {
      kty: 'EC',
      crv: 'P-521',
      x: 'AWnjiDaKA3faebVcEjIj4GIpV3xtTiK8z1sv3NmFFjw0MreoijCRl2axy1HYYOjqcDA2ooP-t2QIq6zCDyRvKrzD',
      y: 'AEAI9sjnMYUWfBybu_X9vc1CxFDvkY-qAuCNK9ZUmlxqW7aQAqVmyBWboQHEaVL1GjdcA0petLG7EIRmaYxF5ZP2',
      d: 'AEG1yXDunurUPROUlH-wA-EqsFPwa7Rw5kDzIylnFal6h00NDdEWvOecn7X1rSnvp71NyRCxLd5JLfzW2qK-Jb-F',
    },
    {
      kty: 'EC',
      crv: 'P-521',
      x: 'AG9kQSL-kr0cFd5CJ56-LBy5iCrH5XWWzlAY_4HO8XMdUl88lY_jRpmVtKO6jbjGYyaUY7u2S9L9f2BSTIZ8DAfv',
      y: 'AW_t6koP34WxmG9H-L-eoKtCWUWsplxHSs8RSY7n-0hQkWL7yKrHfFDqHe1USSxjPUKu0SIRpZ3aPTNtW_XVQg9q',
      d: 'AZxMIqcdNsc9lw4Ae5h-MEuhYEhGmjGt1MdsRJZL3bv1VFvuSwwpVPR7eruv2k1JHNPFxj7r27D_bTSycAUMa8JI',
    },
  ],
  Ed25519: [
    {
      kty: 'OKP',
      crv: 'Ed25519',
      x: 'MU8NjqFO8ZaJR1M5X1XkVTDFHMgCFjW_Jg20ACHKGd0',
      d: 'hROimkYnbj6EQfdxG15a3000uTqNIA1rBuIUdn7h5e8',
    },
    {
      kty: 'OKP',
      crv: 'Ed25519',
      x: 'A78ZW009fpDSioulbg09uF9yTgntxcBMRTd5S1VtNww',
      d: 'Wmkp9Y1vMEhtinulN6_eup75ynIQfEEgyzZXiE0xGq0',
    },
  ],
};
